"""One ComfyUI server: what is sent, what is understood of its answers, and that a crash makes nothing twice."""

from __future__ import annotations

import json
import signal
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.backends.comfyui import (
    Broken,
    Down,
    Gone,
    Interrupted,
    OutOfMemory,
    Refused,
    Seen,
    Server,
    TooSlow,
    cancel_left,
    replies,
    runs,
)
from daemon.backends.comfyui.runs import Patience, Runner
from daemon.backends.comfyui.socket import Reader, address
from daemon.backends.http import Http
from daemon.errors import FinalFault, Held
from tests.comfy_peer import RECORDINGS, ComfyPeer, Ending, failing, out_of_memory, png, recorded, recording
from tests.coordinating import in_a_child, kill_at

real = pytest.mark.skipif(
    not RECORDINGS.is_dir(), reason="the recordings of a real server aren't beside the repository"
)

GRAPH: dict[str, Any] = {
    "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd.safetensors"}},
    "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "rain", "clip": ["1", 1]}, "_meta": {"title": "Positive"}},
    "3": {
        "class_type": "KSampler",
        "inputs": {"seed": 1, "positive": ["2", 0], "negative": ["2", 0], "model": ["1", 0], "latent_image": ["4", 0]},
        "_meta": {"title": "First pass"},
    },
    "4": {"class_type": "EmptyLatentImage", "inputs": {"width": 64, "height": 64, "batch_size": 1}},
    "5": {"class_type": "SaveImage", "inputs": {"images": ["3", 0], "filename_prefix": "x"}},
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peers() -> Iterator[Callable[..., ComfyPeer]]:
    made: list[ComfyPeer] = []

    def make(**facts: Any) -> ComfyPeer:
        made.append(ComfyPeer(**facts))
        return made[-1]

    yield make
    for peer in made:
        peer.close()


@pytest.fixture
def peer(peers: Callable[..., ComfyPeer]) -> ComfyPeer:
    return peers()


def http() -> Http:
    return Http(attempts=2, sleep=lambda _seconds: None)


def server(peer: ComfyPeer) -> Server:
    return Server(peer.url, http())


def runner(folder: Path, **facts: Any) -> Runner:
    return Runner(folder, **{"patience": Patience(poll=0.01), **facts})


# --- a run ------------------------------------------------------------------------------------------


def test_a_run_ends_with_its_files_and_its_record_stands_until_they_are_safe(peer: ComfyPeer, tmp_path: Path) -> None:
    work = runner(tmp_path)
    done = work.run(server(peer), GRAPH, "key")
    assert [output.filename for output in done.outputs] == ["made_00001_.png"]
    record = work.record("key")
    assert record is not None and record.prompt_id == done.prompt_id == peer.posted[0]["prompt_id"]
    work.forget("key")
    assert work.record("key") is None


def test_the_ids_are_on_disk_before_the_workflow_is_posted(peer: ComfyPeer, tmp_path: Path) -> None:
    there: list[bool] = []
    target = server(peer)
    post = target.post
    target.post = lambda *facts: (there.append((tmp_path / "run-key.json").is_file()), post(*facts))[1]  # type: ignore[method-assign]
    runner(tmp_path).run(target, GRAPH, "key")
    assert there == [True]


@pytest.mark.parametrize("old", [False, True])
def test_after_a_crash_the_run_is_found_again_and_not_posted_twice(
    peers: Callable[..., ComfyPeer], tmp_path: Path, old: bool
) -> None:
    peer = peers(old=old)
    first = runner(tmp_path).run(server(peer), GRAPH, "key")  # the crash: the record stands
    again = runner(tmp_path).run(server(peer), GRAPH, "key")
    assert again.found_again and again.prompt_id == first.prompt_id and again.outputs == first.outputs
    assert len(peer.posted) == 1


@pytest.mark.parametrize("old", [False, True])
def test_a_run_whose_answer_was_lost_is_found_by_its_id_or_its_client(
    peers: Callable[..., ComfyPeer], tmp_path: Path, old: bool
) -> None:
    peer = peers(old=old)
    peer.endings = [Ending(lost=True, looks=3)]
    done = runner(tmp_path).run(server(peer), GRAPH, "key")
    assert done.outputs and len(peer.posted) == 1


@pytest.mark.parametrize("old", [False, True])
def test_a_kill_at_any_durable_act_of_a_run_makes_nothing_twice(
    peers: Callable[..., ComfyPeer], tmp_path: Path, old: bool
) -> None:
    peer = peers(old=old)
    killed = 0
    for number in range(1, 9):
        folder, before = tmp_path / str(number), len(peer.posted)
        folder.mkdir()

        def work(folder: Path = folder, number: int = number) -> None:
            kill_at(number)
            runner(folder).run(server(peer), GRAPH, "key")
            (folder / "published").touch()
            runner(folder).forget("key")

        killed += in_a_child(work) == -signal.SIGKILL
        if not (folder / "published").exists():
            assert runner(folder).run(server(peer), GRAPH, "key").outputs
        assert len(peer.posted) == before + 1, f"killed at act {number}"
    assert killed >= (6 if old else 4)


def test_a_record_left_by_a_crash_before_the_post_is_posted(peer: ComfyPeer, tmp_path: Path) -> None:
    record = runs.Record(peer.url, "00000000-0000-4000-8000-000000000000", "c", runs.digest_of(GRAPH))
    (tmp_path / "run-key.json").write_text(json.dumps(record.__dict__))
    assert not runner(tmp_path).run(server(peer), GRAPH, "key").found_again
    assert len(peer.posted) == 1


def test_a_record_that_can_not_be_read_counts_as_none(peer: ComfyPeer, tmp_path: Path) -> None:
    (tmp_path / "run-key.json").write_text("{half")
    assert runner(tmp_path).run(server(peer), GRAPH, "key").outputs


def test_another_workflow_under_the_same_key_ends_the_earlier_one(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(forever=True)]
    earlier = server(peer).post(GRAPH, "11111111-0000-4000-8000-000000000000", "c")
    record = runs.Record(peer.url, earlier, "c", "another")
    (tmp_path / "run-key.json").write_text(json.dumps(record.__dict__))
    runner(tmp_path).run(server(peer), GRAPH, "key")
    assert peer.interrupts == [earlier]


def test_a_run_is_found_in_the_history_where_the_socket_never_comes(
    peers: Callable[..., ComfyPeer], tmp_path: Path
) -> None:
    peer = peers(sockets=False)
    peer.endings = [Ending(looks=3)]
    assert runner(tmp_path).run(server(peer), GRAPH, "key").outputs


def test_a_socket_that_breaks_off_costs_nothing_and_the_first_word_afterwards_is_heard(
    peer: ComfyPeer, tmp_path: Path
) -> None:
    start = {"type": "execution_start", "data": {"prompt_id": "ID"}}
    peer.endings = [Ending(frames=[start], drop=True, looks=10_000)]
    heard: list[Seen] = []
    assert runner(tmp_path).run(server(peer), GRAPH, "key", heard.append).outputs
    assert Reader("ours", GRAPH).read(json.dumps({"type": "executing", "data": {"node": "3"}})) == Seen(
        "KSampler 'First pass'", 0.0
    )


def test_progress_and_previews_are_told(peer: ComfyPeer, tmp_path: Path) -> None:
    def step(value: int) -> dict[str, Any]:
        return {"type": "progress", "data": {"prompt_id": "ID", "node": "3", "value": value, "max": 4}}

    picture = struct.pack(">II", 1, 1) + b"\xff\xd8small"
    about = json.dumps({"prompt_id": "somebody else's", "image_type": "image/jpeg"}).encode()
    foreign = struct.pack(">II", 4, len(about)) + about + b"\xff\xd8other"
    other = {"type": "progress", "data": {"prompt_id": "other", "node": "3", "value": 9, "max": 9}}
    peer.endings = [Ending(forever=True, frames=[step(1), other, picture, foreign, b"\0", step(4)])]
    heard: list[Seen] = []

    def hear(seen: Seen) -> None:
        heard.append(seen)
        if seen.doing.endswith("4/4"):
            peer.running[0].ending.forever = False

    runner(tmp_path).run(server(peer), GRAPH, "key", hear)
    assert [seen.doing for seen in heard if seen.doing] == ["KSampler 'First pass' 1/4", "KSampler 'First pass' 4/4"]
    assert [seen.preview for seen in heard if seen.preview] == [b"\xff\xd8small"]
    assert all(-1 <= seen.fraction <= 1 for seen in heard)


def test_a_deleted_run_is_gone_and_not_waited_for_for_ever(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(vanishes=True)]
    with pytest.raises(Gone, match="neither in its queue nor in its history"):
        runner(tmp_path).run(server(peer), GRAPH, "key")
    assert runner(tmp_path).record("key") is None


def test_an_interruption_and_an_error_are_told_apart(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(forever=True), failing("Truncated File Read\n", "OSError")]
    ran: list[str] = []

    def stop(_seen: Seen) -> None:
        if not ran:
            ran.append(peer.posted[0]["prompt_id"])
            server(peer).cancel(ran[0])

    peer.endings[0].frames = [{"type": "execution_start", "data": {"prompt_id": "ID"}}]
    with pytest.raises(Interrupted, match="KSampler 'First pass'"):
        runner(tmp_path).run(server(peer), GRAPH, "key", stop)
    with pytest.raises(Broken, match="KSampler 'First pass' failed on the server: OSError: Truncated File Read"):
        runner(tmp_path).run(server(peer), GRAPH, "key2")


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Allocation on device 0 would exceed allowed memory", "torch.OutOfMemoryError"),
        ("CUDA out of memory. Tried to allocate 2.00 GiB", "RuntimeError"),
        ("", "torch.cuda.OutOfMemoryError"),
    ],
)
def test_running_out_of_memory_is_known_by_its_words(peer: ComfyPeer, tmp_path: Path, message: str, kind: str) -> None:
    peer.endings = [failing(message, kind)]
    with pytest.raises(OutOfMemory):
        runner(tmp_path).run(server(peer), GRAPH, "key")
    assert out_of_memory().ok is False


def test_a_run_that_takes_too_long_is_cancelled_with_our_own_id_only(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(forever=True)]
    ticks = iter(range(0, 10_000, 40))
    slow = runner(tmp_path, patience=Patience(run=100, poll=0.01), clock=lambda: float(next(ticks)))
    with pytest.raises(TooSlow, match="ran for more than 2 minutes"):
        slow.run(server(peer), GRAPH, "key")
    assert peer.interrupts == [peer.posted[0]["prompt_id"]]


def test_a_run_in_line_is_taken_out_of_it_without_stopping_whoever_runs(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.others = [[0, "somebody-elses", {}, {"client_id": "x"}, []]]

    def shut() -> None:
        raise Held("the card is free from 22:00")

    with pytest.raises(Held):
        runner(tmp_path, may_wait=shut).run(server(peer), GRAPH, "key")
    assert peer.deleted == [peer.posted[0]["prompt_id"]] and peer.interrupts == [] and not peer.pending


def test_an_old_server_is_never_told_to_interrupt_somebody_elses_run(peers: Callable[..., ComfyPeer]) -> None:
    peer = peers(old=True)
    peer.others = [[0, "somebody-elses", {}, {"client_id": "x"}, []]]
    server(peer).cancel("ours")
    assert peer.interrupts == [] and peer.deleted == ["ours"]


def test_a_server_that_goes_away_in_the_middle_is_waited_for_a_while_and_the_record_stays(
    peer: ComfyPeer, tmp_path: Path
) -> None:
    peer.endings = [Ending(forever=True, frames=[{"type": "execution_start", "data": {"prompt_id": "ID"}}])]

    def fall(_seen: Seen) -> None:
        peer.down = True

    ticks = iter(range(0, 100_000, 30))
    away = runner(tmp_path, patience=Patience(away=100, poll=0.01), clock=lambda: float(next(ticks)))
    with pytest.raises(Down):
        away.run(server(peer), GRAPH, "key", fall)
    assert away.record("key") is not None
    peer.down = False
    peer.running[0].ending = Ending()
    assert runner(tmp_path).run(server(peer), GRAPH, "key").found_again


def test_what_a_job_that_is_given_up_left_on_a_server_is_cancelled(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(forever=True)]
    ident = server(peer).post(GRAPH, "22222222-0000-4000-8000-000000000000", "c")
    (tmp_path / "run-a.json").write_text(json.dumps(runs.Record(peer.url, ident, "c", "g").__dict__))
    (tmp_path / "run-b.json").write_text("broken")
    assert cancel_left(tmp_path, lambda url: Server(url, http())) == []
    assert peer.interrupts == [ident] and not list(tmp_path.glob("run-*"))
    peer.down = True
    (tmp_path / "run-a.json").write_text(json.dumps(runs.Record(peer.url, ident, "c", "g").__dict__))
    assert len(cancel_left(tmp_path, lambda url: Server(url, http()))) == 1


# --- refusals ---------------------------------------------------------------------------------------


def test_errors_of_one_output_beside_a_good_one_are_a_refusal(peer: ComfyPeer, tmp_path: Path) -> None:
    errors = {"5": {"errors": [{"type": "required_input_missing", "extra_info": {"input_name": "images"}}]}}
    peer.endings = [Ending(node_errors=errors, forever=True)]
    with pytest.raises(Refused, match="SaveImage: its input images is not connected"):
        runner(tmp_path).run(server(peer), GRAPH, "key")
    assert peer.interrupts == [peer.posted[0]["prompt_id"]] and runner(tmp_path).record("key") is None


def test_an_old_servers_error_in_one_string_is_understood(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(status=400, body=b'{"error": "prompt is bad", "node_errors": []}')]
    with pytest.raises(Refused, match="prompt is bad"):
        runner(tmp_path).run(server(peer), GRAPH, "key")


def test_a_plain_text_500_is_a_server_in_trouble(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.endings = [Ending(status=500, body=b"500 Internal Server Error\n\nServer got itself in trouble")]
    with pytest.raises(Down, match="500"):
        runner(tmp_path).run(server(peer), GRAPH, "key")


@real
@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("err-bad-values", "EmptyImage: height can't be 'abc'; EmptyImage: batch_size can't be '0'"),
        ("err-ckpt-absent", "CheckpointLoaderSimple: the server has no ckpt_name 'sd.safetensors'; it has none"),
        ("err-missing-input", "SaveImage: its input images is not connected. Connect it"),
        ("err-missing-node-type", "it has no node NoSuchNode. Install the custom nodes"),
        ("err-no-class-type", "a node has no class_type: this isn't the API format. Save the workflow again"),
        ("err-no-output", "no node saves anything. Add a Save Image"),
        ("err-not-in-list", "LoadImage: image - Invalid image file: nope.png. Its picture isn't on the server"),
        ("err-type-mismatch", "SaveImage: images gets LATENT where IMAGE belongs. Connect it anew"),
    ],
)
def test_every_recorded_refusal_is_told_in_plain_words_with_the_remedy(case: str, said: str) -> None:
    prompt = recording(f"{case}-prompt")
    graph = prompt["request"]["json"]["prompt"]
    fault = replies.refusal(json.dumps(prompt["body"]).encode(), graph, "gpu:8188")
    assert said in fault.sentence(), fault.sentence()


@real
@pytest.mark.parametrize("case", ["ok", "ok-cached", "ok-own-prompt-id", "ksampler", "ksampler-2", "preview"])
def test_recorded_runs_end_with_their_pictures(peer: ComfyPeer, tmp_path: Path, case: str) -> None:
    graph, ending = recorded(case)
    peer.endings = [ending]
    heard: list[Seen] = []
    done = runner(tmp_path).run(server(peer), graph, "key", heard.append)
    kind = "temp" if case == "preview" else "output"
    assert [output.type for output in done.outputs] == [kind] and not done.outputs[0].moves


@real
@pytest.mark.parametrize("case", ["video", "webm", "animated-webp"])
def test_recorded_films_are_known_as_such_though_they_come_as_images(
    peer: ComfyPeer, tmp_path: Path, case: str
) -> None:
    graph, ending = recorded(case)
    peer.endings = [ending]
    done = runner(tmp_path).run(server(peer), graph, "key")
    assert [output.moves for output in done.outputs] == [True]


@real
def test_recorded_faults_are_what_they_are(peer: ComfyPeer, tmp_path: Path) -> None:
    graph, ending = recorded("interrupted")
    peer.endings = [ending]
    with pytest.raises(Interrupted, match="EmptyLatentImage"):
        runner(tmp_path).run(server(peer), graph, "a")
    graph, ending = recorded("execution_error")
    peer.endings = [ending]
    with pytest.raises(Broken, match="LoadImage failed on the server: OSError: Truncated File Read"):
        runner(tmp_path).run(server(peer), graph, "b")
    graph, ending = recorded("partial-two-outputs-one-bad")
    peer.endings = [ending]
    with pytest.raises(Refused, match="SaveImage: its input images is not connected"):
        runner(tmp_path).run(server(peer), graph, "c")


@real
def test_the_recorded_progress_of_a_sampler_grows(tmp_path: Path) -> None:
    graph, ending = recorded("ksampler")
    reader = Reader("ID", graph)
    seen = [found for frame in ending.frames if (found := reader.read(json.dumps(frame)))]
    fractions = [each.fraction for each in seen if each.fraction >= 0]
    assert fractions == sorted(fractions) and fractions[-1] > 0.8
    assert "KSampler 3/4" in [each.doing for each in seen]


@real
def test_the_recorded_queue_and_memory_are_read() -> None:
    two = recording("queue-two")["body"]
    assert [queued.client_id for queued in replies.queued(two["queue_pending"])] == [
        "675cd661392d4692a114193dc03a4263"
    ] * 2
    assert replies.queued(recording("queue-empty")["body"]["queue_running"]) == []


# --- one request ------------------------------------------------------------------------------------


def test_memory_and_the_way_it_was_started_are_read(peer: ComfyPeer) -> None:
    stats = server(peer).stats()
    assert stats.card is not None and stats.card.free_mb == 20 << 10 and stats.argv == ("main.py",)


def test_something_else_at_the_address_is_told(peer: ComfyPeer) -> None:
    peer.stats = ["a list"]  # type: ignore[assignment]
    with pytest.raises(FinalFault, match="doesn't answer as ComfyUI does"):
        server(peer).stats()


def test_an_upload_is_known_by_the_name_that_comes_back(peer: ComfyPeer) -> None:
    assert server(peer).upload(png(), "dj-1234.png") == "dropreel/dj-1234.png"
    peer.rename = "dj-1234 (1).png"
    assert server(peer).upload(png(), "dj-1234.png") == "dropreel/dj-1234 (1).png"


def test_a_file_larger_than_it_may_be_is_refused(peer: ComfyPeer, tmp_path: Path) -> None:
    peer.files["a.png"] = b"x" * 2000
    output = replies.Output("5", "a.png")
    server(peer).fetch(output, tmp_path / "a.png", 2000)
    assert (tmp_path / "a.png").stat().st_size == 2000
    with pytest.raises(FinalFault, match="too long"):
        server(peer).fetch(output, tmp_path / "b.png", 1999)
    with pytest.raises(FinalFault, match="404"):
        server(peer).fetch(replies.Output("5", "gone.png"), tmp_path / "c.png", 2000)


def test_files_of_type_output_come_first_wherever_they_stand() -> None:
    told = {
        "outputs": {
            "1": {"images": [{"filename": "t.png", "type": "temp"}]},
            "2": {"gifs": [{"filename": "a.mp4", "subfolder": "v", "type": "output", "format": "video/h264-mp4"}]},
            "3": {"deep": {"er": [{"filename": "b.png", "type": "output"}]}, "text": ["no file"]},
        }
    }
    found = replies.outputs(told)
    assert [output.filename for output in found] == ["a.mp4", "b.png", "t.png"]
    assert [output.moves for output in found] == [True, False, False]


def test_the_sockets_address_follows_the_servers() -> None:
    assert address("https://gpu.lan/comfy/", "a b") == "wss://gpu.lan/comfy/ws?clientId=a%20b"
    assert address("http://[::1]:8188", "c") == "ws://[::1]:8188/ws?clientId=c"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "data", "prompt_id", "node", "nodes", "filename", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(_JSON, st.binary(max_size=40))
def test_no_answer_however_odd_breaks_the_reading(told: Any, frame: bytes) -> None:
    reader = Reader("ours", GRAPH)
    reader.read(json.dumps(told))
    reader.read(frame)
    replies.queued(told)
    replies.outputs({"outputs": told})
    replies.fault_of({"status": told, "outputs": told}, GRAPH)
    replies.refusal(json.dumps(told).encode(), GRAPH, "gpu")
    replies.refusal(json.dumps({"error": told, "node_errors": {"3": told}}).encode(), GRAPH, "gpu")
    replies.refusal(frame, GRAPH, "gpu")
