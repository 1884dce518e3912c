"""Starts the server of the pages, as `streamlit run app.py` does."""

from collections.abc import Sequence

from cnnlab.ui.paths import APP


def serve(options: Sequence[str]) -> None:
    """Serves the pages until the process is ended; `options` are those of `streamlit run`. Ends with `SystemExit`.

    Streamlit reads `.streamlit/config.toml` beside the script, wherever the process was started.
    """
    from streamlit.web.cli import main

    main(["run", str(APP), *options], prog_name="streamlit")
