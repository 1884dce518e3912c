"""Every colour of the figures: one for each kind of layer, after Okabe and Ito, adjusted for light and for dark."""

from typing import Literal

from cnnlab.walk import Kind

Theme = Literal["light", "dark"]

KIND_COLOURS: dict[Theme, dict[Kind | Literal["input"], str]] = {
    "light": {
        "input": "#9AA3AD",
        "convolution": "#1F66AD",
        "depthwise": "#4FA8DC",
        "pointwise": "#D98A00",
        "dense": "#D98A00",
        "pooling": "#B8568F",
        "norm": "#0B8F6A",
        "activation": "#7A828C",
        "shortcut": "#C84B11",
        "other": "#A8AFB8",
    },
    "dark": {
        "input": "#8B949E",
        "convolution": "#3D8BD9",
        "depthwise": "#7CC4EE",
        "pointwise": "#E8A534",
        "dense": "#E8A534",
        "pooling": "#D27FB0",
        "norm": "#2BB58A",
        "activation": "#98A1AB",
        "shortcut": "#F07B45",
        "other": "#6E7681",
    },
}

SURFACES: dict[Theme, dict[str, str]] = {
    "light": {"background": "#FFFFFF", "text": "#1B2128", "muted": "#56606B", "line": "#E2E5E9"},
    "dark": {"background": "#1C2026", "text": "#E8EBEE", "muted": "#A3ACB6", "line": "#333A42"},
}
"""The background of figures, their text, and their lines."""

CURVE_COLOURS: dict[Theme, tuple[str, ...]] = {
    "light": ("#1F66AD", "#C84B11", "#0B8F6A", "#9C3F77"),
    "dark": ("#5AA2E8", "#F07B45", "#2BB58A", "#D27FB0"),
}
"""One for each curve in a chart of a single subject, such as training, test and validation of one run."""

SEQUENTIAL = ("#440154", "#472D7B", "#3B528B", "#2C728E", "#21918C", "#28AE80", "#5EC962", "#ADDC30", "#FDE725")
"""From little to much, in steps that look equal, also to those who cannot tell some colours apart: viridis."""

NOTHING_COLOUR, TOO_MUCH_COLOUR = "#D5D9DE", "#C84B11"
"""What is exactly 0, and what is infinite or not a number, beside the `SEQUENTIAL` colours."""

ENTRY_COLOURS: dict[Theme, tuple[str, ...]] = {
    "light": ("#1F66AD", "#C2410C", "#0B8F6A", "#8E3A70", "#C08A00", "#3A9CD3", "#20262D", "#8A929B"),
    "dark": ("#5AA2E8", "#F07B45", "#2BB58A", "#D27FB0", "#F0C24A", "#A6DDF7", "#F2F4F6", "#737C86"),
}
"""One for each network or run of a comparison, in the same order everywhere; a letter always goes with it."""

ENTRY_LETTERS = "ABCDEFGH"
"""The letter of each of the `ENTRY_COLOURS`."""

assert len(ENTRY_LETTERS) == len(ENTRY_COLOURS["light"]) == len(ENTRY_COLOURS["dark"])


def ink_on(colour: str) -> str:
    """Black or white, whichever has more contrast with `colour`, "#RRGGBB".

    >>> ink_on("#20262D"), ink_on("#F0C24A")
    ('#FFFFFF', '#000000')
    """
    return max(("#FFFFFF", "#000000"), key=lambda ink: contrast(ink, colour))


def contrast(colour: str, other: str) -> float:
    """The contrast ratio, 1 to 21, as WCAG 2 defines it; text needs 4.5, figures 3."""
    dark, light = sorted((_luminance(colour), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    channels = [value / 255 for value in bytes.fromhex(colour[1:])]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def mix(colour: str, other: str, share: float) -> str:
    """`colour` with `share` of `other` in it, both as "#RRGGBB"."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def translucent(colour: str, opacity: float) -> str:
    """`colour`, "#RRGGBB", with an opacity from 0 to 1, as CSS.

    >>> translucent("#20262D", 0.2)
    'rgba(32,38,45,0.2)'
    """
    red, green, blue = bytes.fromhex(colour[1:])
    return f"rgba({red},{green},{blue},{opacity:g})"
