let send;

const onDrag = (event) => {
  event.preventDefault();
  send(event.detail);
};

export default function ({ data, setTriggerValue }) {
  send = (request) => setTriggerValue("moved", request);
  window.addEventListener("cnnlab:drag", onDrag);
  window.dispatchEvent(new CustomEvent("cnnlab:answer", { detail: data.answered }));
  return () => window.removeEventListener("cnnlab:drag", onDrag);
}
