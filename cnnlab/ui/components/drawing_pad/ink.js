// Strokes on the pad: lists of points from 0 to 1, drawn again in any size.

// Of the pad's side: a soft edge, and the stroke itself. A digit that fills the pad is then as bold as MNIST's are.
const THICK = 0.11, CORE = 0.08;
const MOST_POINTS = 4000;

const trace = (context, points, side, width, alpha) => {
  context.lineWidth = width * side;
  context.globalAlpha = alpha;
  context.beginPath();
  context.moveTo(points[0][0] * side, points[0][1] * side);
  context.lineTo(points[0][0] * side + 0.01, points[0][1] * side); // a dot has a length, or it would not be drawn
  for (const [x, y] of points) context.lineTo(x * side, y * side);
  context.stroke();
};

export const drawStrokes = (context, strokes, side, colour) => {
  context.lineCap = "round";
  context.lineJoin = "round";
  context.strokeStyle = colour;
  for (const points of strokes) {
    trace(context, points, side, THICK, 0.45);
    trace(context, points, side, CORE, 1);
  }
  context.globalAlpha = 1;
};

const countOf = (strokes) => strokes.reduce((sum, points) => sum + points.length, 0);

// Whether there was room for the point.
export const addPoint = (strokes, point, isNew) => {
  if (countOf(strokes) >= MOST_POINTS) return false;
  if (isNew || !strokes.length) strokes.push([point]);
  else strokes.at(-1).push(point);
  return true;
};

// How much ink each pixel has, from 0 to 255, row by row.
export const bytesOf = (strokes, side) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  drawStrokes(context, strokes, side, "#000000");
  const { data } = context.getImageData(0, 0, side, side);
  return Uint8Array.from({ length: side * side }, (_, i) => data[4 * i + 3]);
};

// What the network sees, pixel by pixel.
export const drawSeen = (canvas, { side, channels, pixels }) => {
  const bytes = Uint8Array.from(atob(pixels), (sign) => sign.charCodeAt(0));
  const image = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = bytes[channels * i + (channels === 3 ? c : 0)];
    image.data[4 * i + 3] = 255;
  }
  canvas.width = canvas.height = side;
  canvas.getContext("2d").putImageData(image, 0, 0);
};

// A photo is sent small, so that it soon arrives: networks see far fewer pixels.
const LARGE_FILE = 500_000, SENT_SIDE = 512;

export const smaller = async (file, picture) => {
  if (file.size <= LARGE_FILE || !picture) return file;
  const scale = Math.min(1, SENT_SIDE / Math.min(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = "#FFFFFF"; // what is transparent is seen on white
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob((blob) => resolve(blob ?? file), "image/jpeg", 0.92); });
};
