"""Record the runs that the page opens on: `python -m explorer.page.offline.record` writes assets/traces anew."""

import argparse

from tqdm import tqdm

from explorer.page.explore.session import Session
from explorer.page.library import DEFAULTS, RECORDED_MODEL, TRACES, Models
from sampler.classroom.presets import PRESETS


def main() -> None:
    """Run every preset at the page's defaults, exactly as the page does, and save both traces."""
    model = Models([RECORDED_MODEL]).get(RECORDED_MODEL)
    TRACES.mkdir(exist_ok=True)
    for preset in tqdm(PRESETS, unit="preset"):
        session = Session()
        session.begin(model, preset.prompt, DEFAULTS)
        while session.advance() is not None:
            pass
        session.trace.save(TRACES / f"{preset.id}.jsonl.gz")
        session.sample_trace.save(TRACES / f"{preset.id}.temperature.jsonl.gz")


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.partition(":")[0]).parse_args()
    main()
