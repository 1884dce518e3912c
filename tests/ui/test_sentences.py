"""Text from links and people is shown as text: nothing in it becomes markup."""

import pytest

from cnnlab.ui.markdown import plain, verbatim

MARKUP = [
    "**b**",
    ":red[x]",
    "<b>x</b>",
    "$x$",
    "[a](http://b)",
    "# h",
    "- a",
    ":material/home:",
    "a | b",
    "1. a",
    "~~a~~",
]


@pytest.mark.parametrize("text", MARKUP)
def test_every_sign_with_a_meaning_is_escaped(text: str) -> None:
    for escaped in (plain(text), verbatim(text)):
        assert escaped.replace("\\", "") == text
        for place, sign in enumerate(escaped):
            if sign in "*_[]<>$#`~|:":
                assert escaped[place - 1] == "\\"


def test_names_between_backticks_are_code_in_sentences_but_not_in_what_people_type() -> None:
    assert plain("`width` must be 3") == "`width` must be 3"
    assert plain("`rm -rf`") == "\\`rm \\-rf\\`"
    assert verbatim("`x`") == "\\`x\\`"


def test_lines_and_indents_are_one_line() -> None:
    assert verbatim("    a\n  b ") == "a b"
