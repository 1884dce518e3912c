"""The network on the Train page: any network that Explore shows can be brought here."""

import pytest

from cnnlab.architectures.references import PREFIX
from tests.ui.conftest import open_page

pytestmark = pytest.mark.usefixtures("store")


@pytest.mark.parametrize("dataset", ["mnist5k", "digits", "shapes_easy"])
@pytest.mark.parametrize("builder", ["squeezenet1_0", "vit_b_32"])
def test_a_reference_is_fitted_to_the_data(builder: str, dataset: str) -> None:
    page = open_page("train", preset=f"{PREFIX}{builder}", dataset=dataset)
    page.button(key="train.fit").click().run()
    assert not page.exception
    assert not page.error
    assert page.query_params["num_classes"] == "10"
    assert "in_channels" not in page.query_params
