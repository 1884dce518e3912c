"""Images of shapes, drawn by formula: colour images for training without a download.

Each shape is an approximate signed distance function of the plane, positive inside. An image rotates, scales and shifts
the plane, and paints the inside and the outside with two colours and two textures.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from cnnlab.data.cards import SHAPES, Difficulty

SIDE = 32
CHUNK = 1000
"""Images drawn at once: enough to be fast, few enough for little memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How hard it is to recognise the shape. `sizes` are relative to the image's, `rotation` is the largest in degrees;
    `contrast` is the least distance of the two colours, `texture` the amplitude of the textures and `noise` the
    deviation of each value, all three relative to the range from black to white."""

    sizes: tuple[float, float]
    rotation: float
    contrast: float
    texture: float
    noise: float


CONDITIONS: dict[Difficulty, Conditions] = {
    "easy": Conditions(sizes=(0.7, 0.9), rotation=10, contrast=0.6, texture=0.1, noise=0.02),
    "medium": Conditions(sizes=(0.5, 0.9), rotation=40, contrast=0.3, texture=0.35, noise=0.08),
    "hard": Conditions(sizes=(0.35, 0.85), rotation=180, contrast=0.15, texture=0.45, noise=0.14),
}


def draw_shapes(num_images: int, *, seed: int, difficulty: Difficulty) -> tuple[Tensor, Tensor]:
    """Images as uint8 (N, 3, 32, 32) and labels as int64 (N,); the classes alternate, in the order of `SHAPES`.

    The same arguments draw the same images.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(num_images) % len(SHAPES)
    parts = [_draw(part, CONDITIONS[difficulty], generator) for part in torch.split(labels, CHUNK)]
    return torch.cat(parts), labels


def _draw(labels: Tensor, conditions: Conditions, generator: torch.Generator) -> Tensor:
    count = len(labels)

    def between(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(count, *shape, 1, 1, generator=generator)

    size = between(*conditions.sizes)
    inside = torch.empty(count, SIDE, SIDE)
    x, y = _plane(between(-conditions.rotation, conditions.rotation), size, between(-1, 1), between(-1, 1))
    for label, name in enumerate(SHAPES):
        chosen = labels == label
        inside[chosen] = INSIDE[name](x[chosen], y[chosen])
    # A pixel at the edge is antialiased.
    pixel = 2 / (SIDE * size)
    cover = (inside / pixel + 0.5).clamp(0, 1).unsqueeze(1)

    front = between(0, 1, 3)
    back = between(0, 1, 3)
    # Colours that are too similar are moved apart, along the line between them.
    distance = (front - back).square().mean(1, keepdim=True).sqrt().clamp(min=1e-3)
    apart = (front - back) / distance * (conditions.contrast - distance).clamp(min=0) / 2
    front, back = front + apart, back - apart
    textures = (_texture(between, conditions.texture) for _ in range(2))
    picture = cover * (front + next(textures)) + (1 - cover) * (back + next(textures))
    picture += conditions.noise * torch.randn(picture.shape, generator=generator)
    return (255 * picture.clamp(0, 1)).round().to(torch.uint8)


def _plane(angle: Tensor, size: Tensor, right: Tensor, down: Tensor) -> tuple[Tensor, Tensor]:
    """The shape's own coordinates of each pixel; a shape of size 1 reaches from -1 to 1, and stays in the image."""
    along = (torch.arange(SIDE) + 0.5) * 2 / SIDE - 1
    room = 1 - size
    x, y = along.view(1, 1, -1) - room * right, along.view(1, -1, 1) - room * down
    cos, sin = torch.cos(torch.deg2rad(angle)), torch.sin(torch.deg2rad(angle))
    return (cos * x + sin * y) / size, (cos * y - sin * x) / size


def _texture(between: Callable[..., Tensor], strength: float) -> Tensor:
    """Stripes, checks or nothing, of a random direction and width for each image: (N, 1, 32, 32)."""
    along = torch.arange(SIDE, dtype=torch.float32)
    angle, wave, phase = between(0, math.pi, 1), between(0.6, 1.6, 1), between(0, 2 * math.pi, 1)
    x, y = along.view(1, 1, 1, -1), along.view(1, 1, -1, 1)
    first = torch.sin(wave * (torch.cos(angle) * x + torch.sin(angle) * y) + phase)
    second = torch.sin(wave * (torch.cos(angle) * y - torch.sin(angle) * x) + phase)
    kind = between(0, 3, 1)
    return strength * between(0.5, 1, 1) * torch.where(kind < 1, first, torch.where(kind < 2, first * second, 0.0))


def _circle(x: Tensor, y: Tensor) -> Tensor:
    return 0.9 - torch.hypot(x, y)


def _ring(x: Tensor, y: Tensor) -> Tensor:
    return 0.2 - (torch.hypot(x, y) - 0.7).abs()


def _square(x: Tensor, y: Tensor) -> Tensor:
    return 0.68 - torch.maximum(x.abs(), y.abs())


def _frame(x: Tensor, y: Tensor) -> Tensor:
    return 0.16 - (torch.maximum(x.abs(), y.abs()) - 0.54).abs()


def _triangle(x: Tensor, y: Tensor) -> Tensor:
    sides = [x * math.cos(angle) + y * math.sin(angle) for angle in (math.pi / 2, math.pi * 7 / 6, math.pi * 11 / 6)]
    return 0.5 - torch.stack(sides).amax(0)


def _star(x: Tensor, y: Tensor) -> Tensor:
    # Folded ten times over, a star has one edge: from a point of it, straight above, to the next inner corner.
    radius, fold = torch.hypot(x, y), math.pi / 5
    angle = (torch.atan2(x, -y).remainder(2 * fold) - fold).abs() - fold
    inner = 0.4
    along, aside = inner * math.cos(fold) - 0.95, inner * math.sin(fold)
    edge = (radius * torch.cos(angle) - 0.95) * aside + radius * torch.sin(angle) * along
    return -edge / math.hypot(along, aside)


def _cross(x: Tensor, y: Tensor) -> Tensor:
    across = torch.minimum(0.88 - x.abs(), 0.26 - y.abs())
    upright = torch.minimum(0.26 - x.abs(), 0.88 - y.abs())
    return torch.maximum(across, upright)


def _heart(x: Tensor, y: Tensor) -> Tensor:
    return 0.8 * (0.8 - torch.hypot(x, 0.1 - y - 0.7 * x.abs().clamp(min=1e-6).sqrt()))


def _crescent(x: Tensor, y: Tensor) -> Tensor:
    return torch.minimum(0.9 - torch.hypot(x, y), torch.hypot(x - 0.4, y) - 0.65)


def _hourglass(x: Tensor, y: Tensor) -> Tensor:
    return torch.minimum(0.8 - y.abs(), 0.7 * (y.abs() + 0.12 - x.abs()))


INSIDE: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "circle": _circle,
    "ring": _ring,
    "square": _square,
    "frame": _frame,
    "triangle": _triangle,
    "star": _star,
    "cross": _cross,
    "heart": _heart,
    "crescent": _crescent,
    "hourglass": _hourglass,
}
"""Above 0 inside the shape, below 0 outside; x to the right and y downwards, from -1 to 1."""
