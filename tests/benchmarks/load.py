"""Many browsers at once: `python tests/benchmarks/load.py --clients 30`; the app, its clients and a check of it all.

Every client opens the page, presses Run at the page's defaults with a seed of its own, and reads to the end. What it
was sent is compared with the same run computed alone. Others (`--vanish`) start the longest run that the page allows
and close their tab in the middle of it; the server must then come to rest and give the memory back.

With `--lesson 3` all follow the link of a lesson at the same moment instead.
"""

import argparse
import asyncio
import json
import math
import os
import platform
import random
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from browser import Browser  # noqa: E402

from explorer.page.explore.session import Session  # noqa: E402
from explorer.page.library import DEFAULTS, PRESETS, Models  # noqa: E402
from explorer.page.packets import compact  # noqa: E402
from tests.browser.conftest import free_port  # noqa: E402

Packet = dict[str, Any]
GOALS = {"seconds": 60, "memory": 1.10, "rest": 0.10}  # the last run's end, memory after to before, cores when idle
TICKS = os.sysconf("SC_CLK_TCK")


# ---- the server


class Server:
    """The app as the README starts it."""

    def __init__(self) -> None:
        self.address = f"http://127.0.0.1:{(port := free_port())}/"
        command = [sys.executable, "app.py", "--port", str(port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.peak = 0

    def wait_until_up(self) -> None:
        """Return as soon as the page is served."""
        while True:
            try:
                urllib.request.urlopen(self.address, timeout=60).read()
                return
            except OSError:
                assert self.process.poll() is None, self.process.stdout.read()
                time.sleep(0.2)

    @property
    def megabytes(self) -> float:
        """Memory held in RAM."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    @property
    def cpu_seconds(self) -> float:
        """Computing time since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    async def watch(self) -> None:
        """Note the peak of its memory until cancelled."""
        while True:
            self.peak = max(self.peak, self.megabytes)
            await asyncio.sleep(0.1)

    async def cores(self, seconds: float) -> float:
        """Cores in use over the next seconds."""
        before = self.cpu_seconds
        await asyncio.sleep(seconds)
        return (self.cpu_seconds - before) / seconds

    def stop(self) -> str:
        """End it; returns what it has printed."""
        self.process.terminate()
        return self.process.communicate(timeout=60)[0]


# ---- the clients


def values_of(client: int) -> dict[str, Any]:
    """What a client changes on the panel: a seed of its own, a preset problem by turns."""
    return {"seed": 1000 + client, "prompt": PRESETS[client % len(PRESETS)].prompt}


def alone(client: int, model: Any) -> Packet:
    """What a client's run must come to."""
    session = Session()
    values = values_of(client)
    session.begin(model, values["prompt"], type(DEFAULTS)(seed=values["seed"]))
    while session.advance() is not None:
        pass
    return compact(session.snapshot())


async def visit(address: str, client: int, wait: float, speed: float, all_done: asyncio.Barrier) -> Packet:
    """One client from opening the page to the end of everybody's run: what came, and when."""
    began = time.monotonic()
    async with Browser(address) as browser:
        opened = time.monotonic() - began
        if speed != 20:
            [_ async for _ in browser.ask("speed", {"speed": speed})]
        await asyncio.sleep(wait)
        pressed, packets, times = time.monotonic(), [], []
        async for answer in browser.run(**values_of(client)):
            packets.append(answer)
            times.append(time.monotonic() - pressed)
        browser.ask_target(next(each["run"]["id"] for each in packets if "run" in each))
        await all_done.wait()
        return {"client": client, "opened": opened, "pressed": pressed, "packets": packets, "times": times}


async def vanish(address: str, wait: float) -> None:
    """One client that closes its tab after a few packets of the longest run that the page allows."""
    async with Browser(address) as browser:
        [_ async for _ in browser.ask("speed", {"speed": 0})]
        await asyncio.sleep(wait)
        seen = 0
        async for _ in browser.run(block_size=64, blocks=4, steps=100):
            seen += 1
            if seen == 5:
                return


async def follow(address: str, lesson: int) -> dict[str, float]:
    """One client that opens the link of a lesson: seconds until the page, its panel and its run's target are there."""
    began, took = time.monotonic(), {}
    async with Browser(address, f"lesson={lesson}&theme=light") as browser:
        took["page opened"] = time.monotonic() - began
        told = await browser.target
        assert told, "nothing is told of the target"
        took["target told"] = time.monotonic() - began
    return took


def put_together(packets: list[Packet]) -> Packet:
    """A run from its first snapshot and what came after."""
    run, *rest = [packet for packet in packets if "notice" not in packet]
    whole = {key: list(run[key]) for key in ("moments", "samples")} | {"run": run["run"], "ended": None}
    for packet in rest:
        assert packet["run_id"] == run["run"]["id"], "a packet of another run"
        assert packet["first"] == len(whole["moments"]), "a gap between packets"
        whole["moments"] += packet["moments"]
        whole["samples"] += packet["samples"]
        whole["ended"] = packet["ended"]
    return whole


def differences(got: Packet, expected: Packet) -> list[str]:
    """Where a client's run is not its own; times may differ, the run's id must."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: timeless(v) for k, v in value.items() if k not in ("seconds", "id")}
        return [timeless(v) for v in value] if isinstance(value, list) else value

    return [key for key in ("run", "moments", "samples", "ended") if timeless(got[key]) != timeless(expected[key])]


# ---- the measurement


async def measured(server: Server, options: argparse.Namespace) -> Packet:
    """Let everybody in twice: the first time fills what the server keeps; before and after the second it is at rest."""
    await visit(server.address, 0, 0, 0, asyncio.Barrier(1))
    fresh, _ = await at_rest(server)
    await everybody(server, options)
    before, idle = await at_rest(server)
    watch = asyncio.create_task(server.watch())
    began, cpu = time.monotonic(), server.cpu_seconds
    visits = await everybody(server, options)
    took, cpu = time.monotonic() - began, server.cpu_seconds - cpu
    after, rest = await at_rest(server)
    watch.cancel()
    memory = {"after one run": fresh, "before": before, "peak": server.peak, "after": after}
    cores = {"before": idle, "during": cpu / took, "after": rest}
    return {"visits": visits, "memory": memory, "cores": cores, "took": took}


async def everybody(server: Server, options: argparse.Namespace) -> list[Packet]:
    """The visits of all clients at once, and of those that vanish."""
    starts = [options.within * i / max(1, options.clients - 1) for i in range(options.clients)]
    random.Random(0).shuffle(starts)
    all_done = asyncio.Barrier(options.clients)
    visits = [visit(server.address, i, starts[i], options.speed, all_done) for i in range(options.clients)]
    lost = [vanish(server.address, options.within * i / max(1, options.vanish)) for i in range(options.vanish)]
    return (await asyncio.gather(*visits, *lost))[: options.clients]


async def at_rest(server: Server) -> tuple[float, float]:
    """Its memory and the cores in use, a moment after all have gone."""
    await asyncio.sleep(2)
    cores = await server.cores(3)
    return server.megabytes, cores


def on_runs(server: Server, options: argparse.Namespace) -> Packet:
    """All clients press Run: what they were sent against the same run alone, times, memory."""
    raw, model = asyncio.run(measured(server, options)), Models(["classroom"]).get("classroom")
    told = found(raw, [alone(client, model) for client in range(options.clients)])
    told["complaints"] += judged(told)
    del told["visits"]
    return told


def on_a_lesson(server: Server, options: argparse.Namespace) -> Packet:
    """All clients follow a lesson's link at the same moment."""

    async def everybody_follows() -> list[dict[str, float]]:
        return await asyncio.gather(*(follow(server.address, options.lesson) for _ in range(options.clients)))

    all_took = asyncio.run(everybody_follows())
    return {"seconds": {name: spread([took[name] for took in all_took]) for name in all_took[0]}, "complaints": []}


def found(raw: Packet, expected: list[Packet]) -> Packet:
    """The measurement as figures and complaints."""
    complaints, runs = [], []
    for each, alone in zip(raw["visits"], expected, strict=True):
        try:
            whole = put_together(each["packets"])
        except AssertionError as error:
            complaints.append(f"client {each['client']}: {error}")
            continue
        runs.append(whole["run"]["id"])
        complaints += [f"client {each['client']}: {name} differ" for name in differences(whole, alone)]
    if len(set(runs)) < len(runs):
        complaints.append("two clients were shown one run")
    first = min(each["pressed"] for each in raw["visits"])
    seconds = {
        "page opened": [each["opened"] for each in raw["visits"]],
        "first packet": [each["times"][0] for each in raw["visits"]],
        "first step": [first_step(each) for each in raw["visits"]],
        "run finished": [each["times"][-1] for each in raw["visits"]],
    }
    last = max(each["pressed"] + each["times"][-1] for each in raw["visits"]) - first
    waited = sum(any("in line" in packet.get("status", "") for packet in each["packets"]) for each in raw["visits"])
    told = {"last": last, "waited in line": waited, "runs": len(set(runs))}
    return {"seconds": {k: spread(v) for k, v in seconds.items()}, **told, **raw, "complaints": complaints}


def first_step(each: Packet) -> float:
    """Seconds until a client saw its first step."""
    pairs = zip(each["packets"], each["times"], strict=True)
    return next(at for packet, at in pairs if any(m["kind"] == "step" for m in packet.get("moments", ())))


def spread(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and largest."""
    ordered = sorted(values)
    place = math.ceil(0.95 * (len(ordered) - 1))
    return {"median": statistics.median(ordered), "95th": ordered[place], "max": ordered[-1]}


def judged(told: Packet) -> list[str]:
    """What is not as it must be."""
    complaints, memory = [], told["memory"]
    if told["last"] > GOALS["seconds"]:
        complaints.append(f"the last run ended {told['last']:.1f} s after the first began")
    if memory["after"] > GOALS["memory"] * memory["before"]:
        complaints.append(f"memory went from {memory['before']:.0f} to {memory['after']:.0f} MB")
    if told["cores"]["after"] > told["cores"]["before"] + GOALS["rest"]:
        complaints.append(f"{told['cores']['after']:.2f} cores still compute when everybody has gone")
    return complaints


def table(told: Packet) -> str:
    """The figures in lines."""
    lines = [f"{'seconds':24}{'median':>9}{'95th':>9}{'max':>9}"]
    lines += [f"{name:24}{v['median']:9.2f}{v['95th']:9.2f}{v['max']:9.2f}" for name, v in told["seconds"].items()]
    if "last" not in told:
        return "\n".join(lines)
    ends = told["seconds"]["run finished"]
    lines.append(f"fairness: the slowest run took {ends['max'] / ends['median']:.2f} times the median")
    lines.append(
        f"last run ended {told['last']:.1f} s after the first was started; {told['waited in line']} stood in line"
    )
    for name, unit, digits in (("memory", "MB", 0), ("cores", "cores", 2)):
        lines.append(f"{name}: " + ", ".join(f"{key} {value:.{digits}f} {unit}" for key, value in told[name].items()))
    return "\n".join(lines)


def main() -> int:
    """Measure, print, write; 1 if anything is not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--clients", type=int, default=30, help="that run to the end (%(default)s)")
    parser.add_argument("--vanish", type=int, default=5, help="that close their tab in mid-run (%(default)s)")
    parser.add_argument("--within", type=float, default=10, help="seconds in which all press Run (%(default)s)")
    parser.add_argument("--lesson", type=int, help="all follow the link of this lesson instead")
    parser.add_argument("--speed", type=float, default=20, help="steps a second, 0 for no limit (%(default)s)")
    parser.add_argument("--out", type=Path, help="a JSON file for the figures")
    options = parser.parse_args()
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load before": os.getloadavg()}
    server = Server()
    try:
        server.wait_until_up()
        told = on_a_lesson(server, options) if options.lesson else on_runs(server, options)
    finally:
        log = server.stop()
    told["complaints"] += [
        f"the server's log: {line}" for line in log.splitlines() if "Error" in line or "Traceback" in line
    ]
    print(machine, vars(options), table(told), *told["complaints"], sep="\n")
    if options.out:
        options.out.write_text(
            json.dumps({"machine": machine, "options": vars(options), **told}, default=str, indent=1)
        )
    return bool(told["complaints"])


if __name__ == "__main__":
    sys.exit(main())
