"""The pages, started from the command line."""

import argparse
from typing import Any


def add_app_command(commands: Any) -> None:
    """Add `app` to the subparsers `commands`."""
    app = commands.add_parser(
        "app",
        help="start the pages, and open them in the browser",
        description="Start the pages, and open them in the browser. Further options are those of `streamlit run`.",
    )
    app.add_argument("--port", metavar="N", help="the port that is listened on; Streamlit's default without it")
    app.add_argument("--address", metavar="A", help="the address that is listened on; Streamlit's default without it")
    app.set_defaults(command=app_command)


def app_command(options: argparse.Namespace) -> int:
    """Serve the pages until the process is ended."""
    from cnnlab.ui.serving.serve import serve

    named = {"port": options.port, "address": options.address}
    serve([*(f"--server.{name}={value}" for name, value in named.items() if value is not None), *options.further])
    return 0
