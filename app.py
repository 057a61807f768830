"""Open the Power Sampling Explorer: read arguments and environment, build the page, launch."""

import argparse
import os
import signal
import time

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", "1000")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from explorer.page.layout import HEAD, library, page, served, theme
from explorer.page.serving.gate import MOST_UPLOAD
from explorer.page.serving.sharing import MOST_EVENTS, give_memory_back, health, recorded_elsewhere
from explorer.page.shell import SHEETS


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line, with its defaults from the environment."""
    env = os.environ.get
    parser = argparse.ArgumentParser(description="Open the Power Sampling Explorer in a browser.")
    host = env("EXPLORER_HOST", env("GRADIO_SERVER_NAME", "127.0.0.1"))
    parser.add_argument("--host", default=host, help="address to listen on (EXPLORER_HOST; %(default)s)")
    port = env("EXPLORER_PORT", env("GRADIO_SERVER_PORT", "7860"))
    parser.add_argument("--port", type=int, default=port, help="port to listen on (EXPLORER_PORT; %(default)s)")
    models = env("EXPLORER_MODELS", "classroom").split(",")
    parser.add_argument(
        "--model", action="append", metavar="NAME",
        help="model on offer: classroom, a folder or a hub id; may be given several times, the first is the default "
        f"(EXPLORER_MODELS, separated by commas; {','.join(models)})",
    )  # fmt: skip
    parsed = parser.parse_args(argv)
    if not 0 < parsed.port < 65536:
        parser.error(f"argument --port: must be a whole number from 1 to 65535, not {parsed.port}")
    try:
        recorded_elsewhere()
    except ValueError as error:
        parser.error(str(error))
    parsed.model = parsed.model or models
    return parsed


def main() -> None:
    """Launch, print the address, and stop cleanly on Ctrl-C or a termination signal."""
    parsed = arguments()
    give_memory_back()
    models = library.Models(parsed.model)
    blocks = page(models)
    blocks.launch(
        server_name=parsed.host,
        server_port=parsed.port,
        theme=theme(),
        css_paths=SHEETS,
        head=HEAD,
        app_kwargs=served(blocks, models),
        prevent_thread_lock=True,
        show_error=False,
        ssr_mode=False,
        quiet=True,
        footer_links=["gradio", "settings"],
        max_file_size=MOST_UPLOAD,
        max_threads=MOST_EVENTS,
    )
    print(f"Power Sampling Explorer: http://{parsed.host}:{parsed.port}  (Ctrl-C stops it)", flush=True)
    models.warm_up()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    last = ""
    try:
        while True:  # only a signal ends this
            now = health(len(blocks.wire.tabs))
            if now != last:
                print(now, flush=True)
            last = now
            time.sleep(60)
    except KeyboardInterrupt:
        print("Stopping.", flush=True)
    finally:
        blocks.close()


if __name__ == "__main__":
    main()
