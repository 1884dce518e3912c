"""What a visitor of the soak does, each by chance."""

import io
import json
import random
import zipfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from tests.soak.visitor import Shown, Visitor

PRESETS = ("lenet5_tutorial", "alexnet", "resnet18", "resnet8_mnist", "mobilenet_v2", "vgg11", "custom_lenet5")
QUICK = "preset=lenet5_tutorial&image_size=28&dataset=digits&batch_size=64"
SETTINGS = ("", "&learning_rate=0.01", "&optimizer=sgd", "&validation_share=0.2", "&flip=true", "&label_smoothing=0.1")
CONTROLS = ("runs.pause", "runs.resume", "runs.stop", "runs.first", "runs.delete", "runs.undo")


@dataclass
class Known:
    """What all visitors know: where the server is now, and the runs that a page has shown as submitted."""

    url: str
    submitted: set[str] = field(default_factory=set)

    def some_run(self, chance: random.Random) -> str:
        return chance.choice(sorted(self.submitted) or ["none"])


Action = Callable[[Visitor, Known, random.Random], Awaitable[str]]


async def _press(visitor: Visitor, key: str) -> str:
    button = visitor.find(key)
    if button is None:
        return f"{key}: not offered"
    await visitor.press(button)
    return key


async def explore(visitor: Visitor, known: Known, chance: random.Random) -> str:
    preset = chance.choice(PRESETS)
    await visitor.open(known.url, "", f"preset={preset}")
    return preset


async def compare(visitor: Visitor, known: Known, chance: random.Random) -> str:
    nets = chance.sample(PRESETS[:4], chance.randint(1, 3))
    run = f":image_size=28:run={known.some_run(chance)}"
    await visitor.open(known.url, "compare", "&".join(f"net={net}" for net in (*nets, f"lenet5_tutorial{run}")))
    return ",".join(nets)


async def convolution(visitor: Visitor, known: Known, _: random.Random) -> str:
    await visitor.open(known.url, "convolution", "")
    return "opened"


async def turn(visitor: Visitor, _: Known, chance: random.Random) -> str:
    """Any knob of the page that is open."""
    knobs: list[tuple[Shown, dict[str, Any]]] = []
    for shown in visitor.widgets("checkbox", "bidi_component"):
        rows = json.loads(shown.content.json or "{}").get("rows", ()) if shown.kind == "bidi_component" else [{}]
        knobs += [(shown, row) for row in rows if shown.kind == "checkbox" or "low" in row]
    if not knobs:
        return "no knob"
    shown, row = chance.choice(knobs)
    if not row:
        is_on = chance.random() < 0.5
        await visitor.enter(shown, is_on)
        return f"{shown.content.label} = {is_on}"
    low, high = (0, 64) if row["low"] is None else (row["low"], row["high"])
    value = chance.choice(row["stops"] or (low + row["step"] * chance.randint(0, int((high - low) / row["step"])),))
    await visitor.move(shown, row["key"], value)
    return f"{row['title']} = {value}"


async def train(visitor: Visitor, known: Known, chance: random.Random) -> str:
    query = f"{QUICK}&epochs={chance.choice((1, 2, 2, 30))}&seed={chance.randint(0, 9)}{chance.choice(SETTINGS)}"
    await visitor.open(known.url, "train", query)
    pressed = await _press(visitor, "train.start")
    known.submitted.update(visitor.run_ids)
    return f"{pressed}: {','.join(visitor.run_ids)}"


async def control(visitor: Visitor, known: Known, chance: random.Random) -> str:
    run_id = known.some_run(chance)
    await visitor.open(known.url, "runs", f"run={run_id}")
    offered = [key for key in CONTROLS if visitor.find(key)]
    return f"{run_id}: {await _press(visitor, chance.choice(offered)) if offered else 'nothing offered'}"


async def fork(visitor: Visitor, known: Known, chance: random.Random) -> str:
    run_id = known.some_run(chance)
    await visitor.open(known.url, "runs", f"run={run_id}")
    pressed = await _press(visitor, "runs.fork.start")
    known.submitted.update(set(visitor.run_ids) - {"none"})
    return f"{pressed}: {','.join(visitor.run_ids)}"


async def import_zip(visitor: Visitor, known: Known, chance: random.Random) -> str:
    await visitor.open(known.url, "train", QUICK)
    await _press(visitor, "train.own")
    uploader = visitor.find("train.zip")
    if uploader is None:
        return "no uploader"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for i in range(8):
            picture = io.BytesIO()
            Image.new("L", (8, 8), chance.randint(0, 255)).save(picture, "PNG")
            archive.writestr(f"{'cat' if i % 2 else 'dog'}/{i}.png", picture.getvalue())
    await visitor.upload(uploader, "pets.zip", file.getvalue())
    return await _press(visitor, "train.take_in")


async def download(visitor: Visitor, known: Known, chance: random.Random) -> str:
    await visitor.open(known.url, "runs", f"run={known.some_run(chance)}")
    links = [link for link in visitor.widgets("link_button") if link.content.url.startswith("download/")]
    files = links + visitor.widgets("download_button")
    if not files:
        return "nothing to download"
    file = chance.choice(files)
    return f"{file.content.label}: {len(await visitor.download(file))} bytes"


async def measure(visitor: Visitor, known: Known, _: random.Random) -> str:
    await visitor.open(known.url, "compare", "net=lenet5_tutorial&net=resnet8_mnist")
    return await _press(visitor, "compare.measure")


async def watch(visitor: Visitor, known: Known, chance: random.Random) -> str:
    run_id = known.some_run(chance)
    await visitor.open(known.url, chance.choice(("train", "runs")), f"run={run_id}")
    return run_id


ACTIONS: dict[Action, int] = {
    explore: 2,
    compare: 1,
    convolution: 1,
    turn: 6,
    train: 4,
    control: 6,
    fork: 2,
    import_zip: 1,
    download: 2,
    measure: 1,
    watch: 3,
}
"""Each action, and how often it is done as compared to others."""
