"""The QR code of a link: dark on white in every theme, with its quiet zone, and none for what is too long."""

import re
from xml.etree import ElementTree

from cnnlab.ui.sharing.link import QUIET_ZONE, qr_code

SVG = "{http://www.w3.org/2000/svg}"
ADDRESS = "http://192.168.1.7:8501/compare?net=resnet18:width=48,depths=2&net=vgg16"


def test_it_is_dark_on_white_with_a_quiet_zone() -> None:
    text = qr_code(ADDRESS)
    assert text is not None
    root = ElementTree.fromstring(text)
    side = int(root.attrib["viewBox"].split()[-1])
    ground, modules = root.iter(f"{SVG}path")
    assert ground.attrib == {"fill": "#fff", "d": f"M0 0h{side}v{side}h-{side}z"}
    assert modules.attrib["stroke"] == "#000"
    # The first row begins behind the quiet zone, with the seven modules of the finder pattern.
    assert re.match(rf"M{QUIET_ZONE} {QUIET_ZONE}\.5h7", modules.attrib["d"])


def test_a_link_that_is_too_long_has_none() -> None:
    assert qr_code(ADDRESS + "&x=" + "1" * 3000) is None
