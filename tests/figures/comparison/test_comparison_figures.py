"""The figures of a comparison show its numbers, in colours that can be told apart, as figures that plotly accepts."""

import math
import re
from itertools import combinations, pairwise
from operator import mul

import plotly.graph_objects as go
import pytest

from cnnlab.analysis import analyse
from cnnlab.analysis.comparison.diff import diff
from cnnlab.analysis.comparison.ready import READY_COMPARISONS
from cnnlab.analysis.entries import Entry, Reached, entry_of
from cnnlab.analysis.measures import MAIN_COSTS, MEASURES, accuracies
from cnnlab.architectures import Published, preset
from cnnlab.figures.comparison.bars import cost_bars, describe_bars, in_order, narrow_cost_bars
from cnnlab.figures.comparison.depth import DEPTH_CURVES, LEGEND_LINE, NARROW_NAME, depth_chart, describe_depth
from cnnlab.figures.comparison.parts import describe_parts, layers, part_bars, sentences
from cnnlab.figures.comparison.scatter import (
    LETTER_WIDTH,
    NARROW_WIDTH,
    describe_scatter,
    has_points,
    missing,
    scatter,
)
from cnnlab.figures.comparison.words import axis_labels, comparison_table, headline, legend_labels, lines
from cnnlab.figures.layout import Figure
from cnnlab.figures.palette import ENTRY_COLOURS, ENTRY_LETTERS, SURFACES, Theme, contrast, ink_on
from cnnlab.figures.training.letters import LETTER_SHARE

THEMES: list[Theme] = ["light", "dark"]

NAMES = (
    "resnet18",
    "resnet34",
    "resnet152",
    "vgg16",
    "googlenet",
    "densenet121",
    "mobilenet_v2",
    "lenet5_tutorial",
)
EIGHT = [entry_of(preset(name)) for name in NAMES]
TWO = [entry_of(spec) for spec in READY_COMPARISONS["separable_mobilenet"].networks]


def with_accuracy(name: str, top1: float) -> Entry:
    known = Published(dataset="ImageNet", top1=top1, source="table 1")
    return Entry(name=name, analysis=analyse(preset(name)), published=known)


def checked(figure: Figure) -> go.Figure:
    drawn = go.Figure(figure)
    assert drawn.data
    return drawn


class TestColours:
    @pytest.mark.parametrize("theme", THEMES)
    def test_they_stand_out_from_the_ground_and_carry_their_letter(self, theme: Theme) -> None:
        for colour in ENTRY_COLOURS[theme]:
            assert contrast(colour, SURFACES[theme]["background"]) >= 2.9
            assert contrast(colour, ink_on(colour)) >= 4.3

    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("sight", ["full", "no red", "no green", "no blue"])
    def test_everybody_can_tell_them_apart(self, theme: Theme, sight: str) -> None:
        seen = [_as_seen(colour, _SIGHTS[sight]) for colour in ENTRY_COLOURS[theme]]
        assert min(math.dist(a, b) for a, b in combinations(seen, 2)) > 12

    def test_there_is_one_for_each_letter(self) -> None:
        assert {len(set(colours)) for colours in ENTRY_COLOURS.values()} == {len(ENTRY_LETTERS)}


# How colours look to eyes that lack one kind of cones: Machado, Oliveira, Fernandes, 2009, table 1, severity 1.
_SIGHTS = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "no green": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "no blue": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def _as_seen(colour: str, sight: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """The colour in CIE L*a*b*, where distances are what the eye makes of them."""
    values = [value / 255 for value in bytes.fromhex(colour[1:])]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values]
    red, green, blue = (min(max(sum(map(mul, row, linear)), 0), 1) for row in sight)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


class TestBars:
    @pytest.mark.parametrize("theme", THEMES)
    def test_a_panel_for_each_cost_with_the_baseline_first(self, theme: Theme) -> None:
        figure = checked(cost_bars(EIGHT, 3, theme=theme))
        order = in_order(8, 3)
        assert order == [3, 0, 1, 2, 4, 5, 6, 7]
        for trace, name in zip(figure.data, MAIN_COSTS, strict=True):
            assert list(trace.x) == [getattr(EIGHT[i].analysis, name) for i in order]
            assert list(trace.marker.color) == [ENTRY_COLOURS[theme][i] for i in order]
            assert "÷" not in trace.text[0]
            assert "÷ " in trace.text[1]
        assert "vgg16" in figure.layout.yaxis.ticktext[0]

    @pytest.mark.parametrize("theme", THEMES)
    def test_on_a_phone_one_panel_is_below_the_other(self, theme: Theme) -> None:
        wide, narrow = (checked(draw(EIGHT, 3, theme=theme)) for draw in (cost_bars, narrow_cost_bars))
        assert [list(trace.x) for trace in narrow.data] == [list(trace.x) for trace in wide.data]
        axes = [narrow.layout[name] for name in ("yaxis", "yaxis2", "yaxis3")]
        for above, below in pairwise(axes):
            assert above.domain[0] > below.domain[1]
        assert all(narrow.layout[name].domain is None for name in ("xaxis", "xaxis2", "xaxis3"))
        assert all("vgg16" not in text for text in axes[0].ticktext)
        assert "vgg16" in narrow.layout.annotations[0].text

    def test_in_words(self) -> None:
        assert describe_bars(TWO, 0) == (
            "Costs of each network. mobilenet_v1_standard_conv: 29.3 M Parameters, 4.87 G MACs, 25.5 MB Activations."
            " mobilenet_v1: 4.23 M Parameters, 569 M MACs, 41.0 MB Activations."
        )


class TestScatter:
    @pytest.mark.parametrize("theme", THEMES)
    @pytest.mark.parametrize("name", MEASURES)
    def test_every_measure_is_an_axis(self, name: str, theme: Theme) -> None:
        figure = checked(scatter(EIGHT, MEASURES[name], MEASURES["params"], theme=theme))
        assert list(figure.data[0].x) == [MEASURES[name].of(one) for one in EIGHT]
        assert figure.layout.xaxis.title.text
        low, high = figure.layout.xaxis.range
        values = [math.log10(x) if figure.layout.xaxis.type == "log" else x for x in figure.data[0].x]
        assert low <= min(values)
        assert max(values) < high

    def test_a_network_without_an_accuracy_is_left_out_and_named(self) -> None:
        entries = [with_accuracy("resnet18", 69.8), entry_of(preset("lenet5_rgb")), with_accuracy("alexnet", 56.5)]
        top1 = accuracies(entries)["top1_imagenet"]
        figure = checked(scatter(entries, MEASURES["macs"], top1, theme="light"))
        assert list(figure.data[0].y) == [69.8, 56.5]
        assert [text.strip("</b>") for text in figure.data[0].text] == ["A", "C"]
        assert missing(entries, top1) == ["lenet5_rgb"]
        assert "resnet18 at 1.81 G and 69.8 %" in describe_scatter(entries, MEASURES["macs"], top1)

    def test_others_are_grey_behind_them(self) -> None:
        entries, others = [with_accuracy("resnet18", 69.8)], [with_accuracy("vgg16", 71.6)]
        top1 = accuracies(entries)["top1_imagenet"]
        grey, shown = checked(scatter(entries, MEASURES["macs"], top1, theme="dark", background=others)).data
        assert (list(grey.y), list(shown.y)) == ([71.6], [69.8])
        assert grey.marker.color == SURFACES["dark"]["muted"]

    def test_a_data_set_that_somebody_named_is_only_text(self) -> None:
        run = entry_of(preset("vgg11_mnist"), reached=Reached(dataset="<b>cats</b>", accuracy=97.5))
        own = accuracies([run])["run__b_cats__b_"]
        figure = checked(scatter([run], MEASURES["macs"], own, theme="light"))
        assert figure.layout.yaxis.title.text == "&lt;b&gt;cats&lt;/b&gt;, own run, %"
        assert "<b>cats" not in figure.data[0].hovertemplate

    def test_names_do_not_cover_each_other(self) -> None:
        entries = [entry_of(preset("resnet18"), name=f"twin {i}") for i in range(8)]
        twins = scatter(entries, MEASURES["macs"], MEASURES["params"], theme="light")["layout"]["annotations"]
        sides = [(note["xshift"], note["yshift"]) for note in twins]
        assert 1 <= len(set(sides)) == len(sides) <= 4
        far = scatter(TWO, MEASURES["macs"], MEASURES["params"], theme="light")
        assert [note["text"] for note in far["layout"]["annotations"]] == ["mobilenet_v1_standard_conv", "mobilenet_v1"]

    def test_a_name_without_room_at_the_right_of_a_narrow_plot_stands_elsewhere(self) -> None:
        wide, narrow = (
            scatter(EIGHT, MEASURES["macs"], MEASURES["params"], theme="light", is_narrow=is_narrow)["layout"]
            for is_narrow in (False, True)
        )
        low, high = narrow["xaxis"]["range"]
        for note in narrow["annotations"]:
            place = NARROW_WIDTH * (note["x"] - low) / (high - low) + note["xshift"]
            width = max(map(len, note["text"].split("<br>"))) * LETTER_WIDTH
            share = {"left": 0, "center": 0.5, "right": 1}[note["xanchor"]]
            assert -1 <= place - share * width < place + (1 - share) * width <= NARROW_WIDTH + 1
        sides = [[note["xanchor"] for note in layout["annotations"]] for layout in (wide, narrow)]
        assert sides[0].count("left") > sides[1].count("left")

    def test_nothing_known_is_an_empty_plot(self) -> None:
        top1 = accuracies([with_accuracy("alexnet", 56.5)])["top1_imagenet"]
        unknown = [entry_of(preset("vgg11_mnist")), entry_of(preset("alexnet_mnist"))]
        figure = go.Figure(scatter(unknown, MEASURES["macs"], top1, theme="light"))
        assert figure.data[0].x == ()
        assert not has_points(unknown, MEASURES["macs"], top1)
        assert has_points(unknown, MEASURES["macs"], MEASURES["params"])
        assert "no network has both" in describe_scatter(unknown, MEASURES["macs"], top1)


class TestDepth:
    @pytest.mark.parametrize("along", DEPTH_CURVES)
    def test_a_line_for_each_network_with_a_point_for_each_layer(self, along: str) -> None:
        name = next(known for known in DEPTH_CURVES if known == along)
        figure = checked(depth_chart(EIGHT, name, theme="dark"))
        assert [len(trace.x) for trace in figure.data] == [one.analysis.num_layers for one in EIGHT]
        ends = [re.findall(r">(\w)<", note.text) for note in figure.layout.annotations]
        assert sorted(letter for letters in ends for letter in letters) == list(ENTRY_LETTERS)
        assert figure.layout.xaxis.dtick == -(-max(len(trace.x) for trace in figure.data) // 12)
        assert describe_depth(EIGHT, name).count("layers") == len(EIGHT)

    def test_lines_that_end_at_one_point_have_their_letters_side_by_side(self) -> None:
        lenet, other = entry_of(preset("lenet5_tutorial")), entry_of(preset("resnet8_mnist"))
        notes = depth_chart([lenet, other, lenet], "macs_so_far", theme="light")["layout"]["annotations"]
        assert [re.findall(r">(\w)<", note["text"]) for note in notes] == [["A", "C"], ["B"]]

    def test_letters_of_lines_that_end_side_by_side_do_not_touch(self) -> None:
        variants = [entry_of(preset("resnet18").replace(width=width)) for width in range(60, 68)]
        notes = depth_chart(variants, "macs_so_far", theme="light")["layout"]["annotations"]
        heights = [note["y"] for note in notes]
        assert len(heights) == 8
        assert min(high - low for low, high in pairwise(heights)) >= 0.99 * LETTER_SHARE * heights[-1]

    def test_eight_names_in_the_legend_take_nothing_from_the_plot(self) -> None:
        variants = [entry_of(preset("resnet152").replace(width=width)) for width in range(40, 48)]
        one, eight = (depth_chart(some, "macs", theme="light") for some in (variants[:1], variants))
        assert eight["layout"]["height"] - one["layout"]["height"] == 3 * LEGEND_LINE
        assert [trace["name"] for trace in eight["data"]][:2] == ["A  width=40 · resnet152", "B  width=41 · resnet152"]
        narrow = depth_chart(variants, "macs", theme="light", is_narrow=True)
        assert len({trace["name"] for trace in narrow["data"]}) == 8
        assert max(len(trace["name"]) for trace in narrow["data"]) <= NARROW_NAME + 3
        assert narrow["layout"]["height"] - one["layout"]["height"] == 7 * LEGEND_LINE  # each in a line of its own
        assert narrow["layout"]["legend"]["entrywidth"] > 0.5

    def test_sums_end_at_the_totals(self) -> None:
        for one in EIGHT:
            assert DEPTH_CURVES["macs_so_far"].values(one.analysis)[-1] == one.analysis.macs
            in_rows = one.analysis.params - one.analysis.auxiliary_params
            assert DEPTH_CURVES["params_so_far"].values(one.analysis)[-1] == in_rows

    def test_maps_of_lenet(self) -> None:
        lenet = analyse(preset("lenet5_tutorial"))
        assert DEPTH_CURVES["side"].values(lenet) == [28, 10, 1, 1, 1]
        assert DEPTH_CURVES["channels"].values(lenet) == [6, 16, 120, 84, 10]


class TestParts:
    @pytest.mark.parametrize("ready", READY_COMPARISONS)
    def test_every_cost_of_both_is_drawn(self, ready: str) -> None:
        old, new = (analyse(spec) for spec in READY_COMPARISONS[ready].networks[:2])
        found = diff(old, new)
        figure = checked(
            part_bars(found, MEASURES["macs"], (0, 1), ("resnet18", "resnet18 with width=48"), theme="light")
        )
        assert [sum(trace.y) for trace in figure.data] == [old.macs, new.macs]
        assert [trace.name for trace in figure.data] == ["A  resnet18", "B  width=48 · resnet18"]
        changes = "Largest changes: " if old.macs != new.macs else "No part differs."
        assert describe_parts(found, MEASURES["macs"]).startswith(f"MACs of each part. {changes}")

    def test_knobs_and_their_reach_in_words(self) -> None:
        report = analyse(preset("resnet18"))
        assert sentences(diff(report, analyse(preset("resnet18").replace(num_classes=10)))) == [
            "Classes: 1000 → 10.",
            "10 of 11 parts are unchanged; 1 changed, 0 with another input, 0 added, 0 removed.",
        ]
        assert sentences(diff(report, report)) == ["These are the same network."]
        assert "two families" in sentences(diff(report, analyse(preset("vgg16"))))[0]
        assert describe_parts(diff(report, report), MEASURES["params"]) == "Parameters of each part. No part differs."

    def test_layers_in_words(self) -> None:
        first, *_, pooling, output = diff(TWO[0].analysis, TWO[1].analysis).pairs[1:]
        assert layers(first.old) == "3×3"
        assert layers(first.new) == "3×3 depthwise, 1×1"
        assert layers(pooling.new) == "average"
        assert layers(output.new) == "dense"
        assert layers(None) == "–"
        bottleneck = diff(analyse(preset("resnet34")), analyse(preset("resnet50"))).pairs
        shown = [layers(pair.new) for pair in bottleneck]
        assert "1×1, 3×3, 1×1, added, 5 times" in shown
        inception = diff(analyse(preset("googlenet")), analyse(preset("googlenet"))).pairs
        assert any(layers(pair.new).endswith("2 more") for pair in inception)


class TestWords:
    def test_two_networks_in_a_sentence(self) -> None:
        assert headline(TWO, 0) == (
            "Compared with mobilenet_v1_standard_conv, mobilenet_v1 has 8.6 times fewer MACs and 6.9 times fewer"
            " parameters, and needs 61\u00a0% more memory for activations."
        )
        assert headline(TWO, 1).startswith(
            "Compared with mobilenet_v1, mobilenet_v1_standard_conv has 8.6 times as many"
        )
        assert "as many MACs and as many parameters" in headline([TWO[0], TWO[0]], 0)
        assert headline(TWO[:1], 0) == ""

    def test_several_networks_in_a_sentence(self) -> None:
        assert headline(EIGHT, 0).startswith("MACs: from 417 k (lenet5_tutorial) to 15.5 G (vgg16), 37\u202f142 times")

    def test_values_and_ratios(self) -> None:
        macs, top1 = MEASURES["macs"], accuracies([with_accuracy("alexnet", 56.5)])["top1_imagenet"]
        assert top1.text(69.76) == "69.8 %"
        assert macs.ratio_text(500, 2000) == "÷ 4.00"
        assert top1.ratio_text(69.8, 73.3) == "−3.5 points"
        assert top1.ratio_text(None, 73.3) == MEASURES["num_layers"].ratio_text(18, 34) == ""

    def test_a_name_that_somebody_typed_is_only_text(self) -> None:
        assert lines(["<b>loud</b> with x"]) == [("&lt;b&gt;loud&lt;/b&gt;", "x")]
        assert len(lines(["n" * 80])[0][0]) < 30
        assert legend_labels(["<b>loud</b>"]) == ["A  &lt;b&gt;loud&lt;/b&gt;"]

    def test_variants_are_called_by_what_differs(self) -> None:
        names = ["resnet18", "resnet18 with width=48"]
        assert axis_labels(names)[1].startswith("<b>B</b>  width=48<br>")
        assert legend_labels(names[::-1], places=(3, 0)) == ["D  width=48 · resnet18", "A  resnet18"]

    def test_the_table_has_every_measure_and_accuracy(self) -> None:
        run = entry_of(preset("alexnet").replace(dropout=0.1), reached=Reached(dataset="digits", accuracy=97.5))
        titles, rows = comparison_table([with_accuracy("resnet18", 69.8), run], 0)
        assert titles == [
            "Network",
            *(measure.title for measure in MEASURES.values()),
            "ImageNet top-1",
            "digits, own run",
        ]
        assert rows[0][1:3] == ["11.7 M", "1.81 G"]
        assert rows[1][1:3] == ["61.1 M (× 5.23)", "714 M (÷ 2.54)"]
        assert [row[-2:] for row in rows] == [["69.8 %", "–"], ["–", "97.5 %"]]
