"""The ribbon is well-formed SVG that shows what the outline says, in light and in dark."""

from xml.etree import ElementTree

import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.outline import outline
from cnnlab.architectures import preset, preset_names
from cnnlab.figures.network.ribbon import describe_network, ribbon
from cnnlab.figures.palette import KIND_COLOURS, SURFACES, Theme, mix

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawing: str) -> list[str]:
    return ["".join(node.itertext()) for node in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", preset_names())
def test_every_unit_is_drawn_and_can_be_chosen(name: str, theme: Theme) -> None:
    report = analyse(preset(name))
    root = ElementTree.fromstring(ribbon(report, theme=theme))
    groups = [node for node in root.iter(f"{SVG}g") if "data-path" in node.attrib]
    assert [node.attrib["data-path"] for node in groups] == [unit.path for unit in outline(report)]
    assert all(node.attrib["tabindex"] == "0" and node.attrib["aria-label"] for node in groups)
    assert root.attrib["aria-label"] == describe_network(report)


def test_shares_and_repeats_are_written() -> None:
    written = texts(ribbon(analyse(preset("resnet50")), theme="light", measure="params"))
    assert "× 5" in written
    assert "59 % params" in written
    assert "64×112×112" in written


def test_a_taller_map_is_a_taller_slab() -> None:
    root = ElementTree.fromstring(ribbon(analyse(preset("lenet5_tutorial")), theme="light"))
    fronts = [float(node.attrib["height"]) for node in root.iter(f"{SVG}rect") if node.get("class") == "edge"]
    image, conv1, pool1, conv2, pool2, *dense = fronts
    assert image > conv1 > pool1 > conv2 > pool2 > dense[0]
    assert image / pool1 == pytest.approx((32 / 14) ** 0.5, rel=0.01)


def test_every_block_with_a_shortcut_has_an_arc() -> None:
    def arcs(name: str, **changes: str) -> int:
        drawing = ribbon(analyse(preset(name).replace(**changes)), theme="light")
        return sum(
            node.get("stroke") == KIND_COLOURS["light"]["shortcut"] for node in ElementTree.fromstring(drawing).iter()
        )

    assert arcs("resnet18") == 7
    assert arcs("resnet18", shortcut="none") == 0


def test_the_break_is_marked_with_its_layer() -> None:
    broken = analyse(preset("lenet5_rgb").replace(image_size=20))
    assert {"stop", "features.conv3"} <= set(texts(ribbon(broken, theme="light")))
    assert describe_network(broken).endswith("stops at features.conv3.")


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        channels = [byte / 255 for byte in bytes.fromhex(colour[1:])]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_and_slabs_have_enough_contrast(theme: Theme) -> None:
    ground = SURFACES[theme]["background"]
    assert contrast(SURFACES[theme]["text"], ground) >= 7
    assert contrast(SURFACES[theme]["muted"], ground) >= 4.5
    assert contrast(KIND_COLOURS[theme]["shortcut"], ground) >= 4.5
    for kind, colour in KIND_COLOURS[theme].items():
        assert contrast(colour, ground) >= 2, kind


def test_mix_goes_from_one_colour_to_the_other() -> None:
    assert [mix("#000000", "#FF8000", share) for share in (0, 0.5, 1)] == ["#000000", "#804000", "#FF8000"]


def _fronts(drawing: str, css_class: str = "edge") -> list[tuple[float, float]]:
    root = ElementTree.fromstring(drawing)
    nodes = (node for node in root.iter(f"{SVG}rect") if node.get("class") == css_class)
    return [(float(node.attrib["width"]), float(node.attrib["height"])) for node in nodes]


def test_a_slab_shows_how_many_channels_it_has() -> None:
    old = analyse(preset("resnet18"))
    drawings = [ribbon(analyse(preset("resnet18").replace(width=w)), theme="light", before=old) for w in (48, 64, 128)]
    stems = [_fronts(drawing)[1][0] for drawing in drawings]
    whole = _fronts(drawings[2])[1][0] / (128 / 1024) ** 0.5
    assert stems[1] - stems[0] >= 3
    assert stems[2] == pytest.approx(whole * (128 / 1024) ** 0.5)
    assert _fronts(drawings[0], "ghost")[0][0] == pytest.approx(stems[1], abs=0.2)


def test_the_preset_stands_behind_what_was_changed() -> None:
    old = analyse(preset("resnet18"))
    assert not _fronts(ribbon(old, theme="light", before=old), "ghost")
    wider = ribbon(analyse(preset("resnet18").replace(width=96)), theme="light", before=old)
    assert len(_fronts(wider, "ghost")) == 10, "all but the image and the output"
    assert "before the change to 64 × 112 × 112" in wider


def test_a_removed_stage_stays_as_an_outline() -> None:
    old = analyse(preset("resnet18"))
    shorter = ribbon(analyse(preset("resnet18").replace(depths=(2, 3, 1))), theme="light", before=old)
    written = texts(shorter)
    assert written[written.index("stage 4") + 1] == "removed"
    assert "× 2  was 1" in written


def test_behind_a_network_that_breaks_stands_nothing() -> None:
    broken = analyse(preset("lenet5_rgb").replace(image_size=20))
    assert not _fronts(ribbon(broken, theme="light", before=analyse(preset("lenet5_rgb"))), "ghost")
