"""Several servers as one, and a card that others use too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.backends.comfyui import Broken, Down, Gone, OutOfMemory, Pool, Refused, Task, pool, workflow
from daemon.backends.comfyui.pool import Picture, smaller
from daemon.backends.http import Http
from daemon.errors import FinalFault
from daemon.outside import ComfyUI
from tests.comfy_peer import ComfyPeer, Ending, failing, out_of_memory, png
from tests.test_comfyui import GRAPH, _no_proxy, peers

__all__ = ["_no_proxy", "peers"]

Peers = Callable[..., ComfyPeer]


@pytest.fixture
def two(peers: Peers) -> Iterator[tuple[ComfyPeer, ComfyPeer]]:
    yield peers(), peers()


def pooled(*servers: ComfyPeer, **set_up: Any) -> Pool:
    asked = ComfyUI(urls=[peer.url for peer in servers], **set_up)
    return Pool(asked, http=lambda: Http(attempts=1), sleep=lambda _seconds: None, poll=0.01)


def task(**values: Any) -> Task:
    return Task(workflow.read(GRAPH, "test"), {"prompt": "rain", "seed": 5, "width": 512, "height": 512, **values})


def test_a_run_goes_to_the_least_busy_server(two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path) -> None:
    busy, idle = two
    busy.others = [[0, "other", {}, {}, []]]
    done, _ = pooled(busy, idle).run(task(), tmp_path, "key")
    assert done.server.url == idle.url and not busy.posted


def test_a_run_that_was_begun_earlier_is_found_again_on_its_own_server(
    two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path
) -> None:
    first, second = two
    first.others = [[0, "other", {}, {}, []]]
    done, _ = pooled(first, second).run(task(), tmp_path, "key")
    assert done.server.url == second.url
    first.others = []
    again, _ = pooled(first, second).run(task(), tmp_path, "key")
    assert again.found_again and again.server.url == second.url


def test_a_dead_server_does_not_stop_the_work(two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path) -> None:
    dead, alive = two
    dead.down = True
    both = pooled(dead, alive)
    done, _ = both.run(task(), tmp_path, "key")
    assert done.server.url == alive.url
    assert [server.url for server in both.answering()[0]] == [alive.url] and len(both.answering()[1]) == 1


def test_where_none_answers_it_is_told(two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path) -> None:
    for peer in two:
        peer.down = True
    with pytest.raises(Down, match="and 1 more"):
        pooled(*two).run(task(), tmp_path, "key")
    with pytest.raises(FinalFault, match="No ComfyUI server is set"):
        pooled().run(task(), tmp_path, "key")


def test_two_runs_at_once_take_two_servers(two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path) -> None:
    both = pooled(*two)
    for peer in two:
        peer.endings = [Ending(forever=True, frames=[{"type": "execution_start", "data": {"prompt_id": "ID"}}])]
    heard = threading.Barrier(2, timeout=20)

    def tell(_seen: object) -> None:
        heard.wait()  # both run now
        for peer in two:
            for run in list(peer.running):
                run.ending.forever = False

    threads = [threading.Thread(target=both.run, args=(task(), tmp_path, key, tell)) for key in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert [len(peer.posted) for peer in two] == [1, 1]


def test_a_server_without_the_model_is_passed_over_and_one_without_any_says_what_is_there(
    two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path
) -> None:
    lacking, having = two
    lacking.classes = {told["class_type"]: {"input": {}} for told in GRAPH.values()}
    lacking.classes["CheckpointLoaderSimple"] = {"input": {"required": {"ckpt_name": [["other.safetensors"], {}]}}}
    done, _ = pooled(lacking, having).run(task(), tmp_path, "key")
    assert done.server.url == having.url
    with pytest.raises(Refused, match=r"it has no ckpt_name sd\.safetensors; it has other\.safetensors"):
        pooled(lacking).run(task(), tmp_path, "key2")
    del lacking.classes["KSampler"]
    with pytest.raises(Refused, match="it has no node KSampler"):
        pooled(lacking).run(task(), tmp_path, "key3")


def test_without_memory_it_is_freed_then_the_run_is_made_smaller_then_given_up(peers: Peers, tmp_path: Path) -> None:
    peer = peers()
    peer.endings = [out_of_memory(), out_of_memory(), out_of_memory()]
    done, values = pooled(peer).run(task(batch=2), tmp_path, "key")
    assert done.outputs and peer.freed == 3
    assert (values["batch"], values["width"]) == (1, 384)
    asked = [(p["prompt"]["4"]["inputs"]["batch_size"], p["prompt"]["4"]["inputs"]["width"]) for p in peer.posted]
    assert asked == [(2, 512), (2, 512), (1, 512), (1, 384)]
    peer.endings = [out_of_memory()] * 9
    with pytest.raises(OutOfMemory):
        pooled(peer).run(task(), tmp_path, "key2")


def test_a_deleted_run_is_posted_once_more(peers: Peers, tmp_path: Path) -> None:
    peer = peers()
    peer.endings = [Ending(vanishes=True)]
    assert pooled(peer).run(task(), tmp_path, "key")[0].outputs
    peer.endings = [Ending(vanishes=True), Ending(vanishes=True)]
    with pytest.raises(Gone):
        pooled(peer).run(task(), tmp_path, "key2")


def test_a_node_that_fails_is_not_tried_elsewhere(two: tuple[ComfyPeer, ComfyPeer], tmp_path: Path) -> None:
    two[0].endings = [failing()]
    with pytest.raises(Broken):
        pooled(*two).run(task(), tmp_path, "key")
    assert not two[1].posted


def test_pictures_are_uploaded_to_the_server_that_runs_and_go_where_the_workflow_wants_them(
    peers: Peers, tmp_path: Path
) -> None:
    peer = peers()
    graph = {**GRAPH, "6": {"class_type": "LoadImage", "inputs": {"image": "x.png"}}}
    graph["7"] = {"class_type": "IPAdapter", "inputs": {"image": ["6", 0]}}
    wanted = Task(workflow.read(graph, "t"), {"prompt": "a"}, {"reference": [Picture("dj-12.png", png())]})
    pooled(peer).run(wanted, tmp_path, "key")
    assert peer.posted[0]["prompt"]["6"]["inputs"]["image"] == "dropreel/dj-12.png"
    assert peer.uploads["dropreel/dj-12.png"] == png()


def test_idle_models_make_room_before_the_first_run_and_the_card_is_handed_back(peers: Peers, tmp_path: Path) -> None:
    peer = peers()
    peer.stats["devices"][0]["vram_free"] = 1 << 30
    one = pooled(peer, vram_mb=4096)
    one.run(task(), tmp_path, "a")
    one.run(task(), tmp_path, "b")
    assert peer.freed == 1, "asked for once a job"
    one.hand_back()
    assert peer.freed == 2
    one.hand_back()
    assert peer.freed == 2, "nothing was used since"


def test_the_card_is_not_taken_from_somebody_in_line(peers: Peers, tmp_path: Path) -> None:
    peer = peers()
    one = pooled(peer)
    one.run(task(), tmp_path, "a")
    peer.others = [[0, "other", {}, {}, []]]
    one.hand_back()
    assert peer.freed == 0


def test_memory_that_others_hold_is_waited_for_and_then_it_is_told(peers: Peers, tmp_path: Path) -> None:
    peer = peers()
    peer.stats["devices"][0]["vram_free"] = peer.vram_after_free = 1 << 30
    one = Pool(
        ComfyUI(urls=[peer.url], vram_mb=8000, line_minutes=1),
        http=lambda: Http(attempts=1),
        sleep=lambda _seconds: None,
        clock=iter(range(0, 100_000, 10)).__next__,  # type: ignore[arg-type]
        poll=0.01,
    )
    with pytest.raises(Down, match="Others hold the graphics memory"):
        one.run(task(), tmp_path, "a")
    assert not peer.posted


def test_a_processor_has_no_graphics_memory_to_wait_for(peers: Peers, tmp_path: Path) -> None:
    peer = peers()
    peer.stats["devices"] = [{"name": "cpu", "type": "cpu", "vram_total": 1 << 30, "vram_free": 1 << 20}]
    assert pooled(peer).run(task(), tmp_path, "a")[0].outputs and peer.freed == 0


def test_smaller_ends() -> None:
    values: Any = {"width": 1024, "height": 576, "batch": 4}
    seen = []
    while values is not None:
        seen.append((values["batch"], values["width"], values["height"]))
        values = smaller(values, 64)
    assert seen == [(4, 1024, 576), (2, 1024, 576), (1, 1024, 576), (1, 768, 384), (1, 576, 256)]
    assert smaller({"prompt": "a"}, 16) is None


@pytest.mark.parametrize(
    ("config", "found"),
    [
        ([["a", "b"], {}], ["a", "b"]),
        (["COMBO", {"options": ["a"]}], ["a"]),
        (["INT", {"default": 1}], None),
        (["COMBO", {}], None),
        ([], None),
        ("x", None),
    ],
)
def test_what_a_server_offers_is_read_in_the_old_and_the_new_form(config: Any, found: Any) -> None:
    assert pool.choices({"input": {"required": {"name": config}}}, "name") == found
    assert pool.choices({"input": {"optional": {"name": config}}}, "name") == found
    assert pool.choices({"input": None}, "name") is None and pool.choices(None, "name") is None
