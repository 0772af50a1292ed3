"""ComfyUI as the painter of a job: what is asked of it, what is kept, and who steps in when it can't."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from daemon import hours, sidecars, stages
from daemon.backends import comfyui
from daemon.backends.comfyui import Server
from daemon.backends.http import Http
from daemon.errors import Held
from daemon.job import JobFolder
from daemon.rules import Rule
from daemon.service import outside
from daemon.service.gates import Gates
from daemon.service.tracked import Tracked
from daemon.settings import Settings
from daemon.sidecars import Decision, Member
from daemon.stages import render
from daemon.stages.rendering import comfy, generated, references, workflows
from daemon.stages.tools import Tools
from daemon.web import pages
from tests.comfy_peer import ComfyPeer, Ending, failing, interrupted, out_of_memory, png
from tests.test_comfyui import _no_proxy, peers
from tests.test_render import NAME, Painter, brush, decide, lay

__all__ = ["_no_proxy", "brush", "peers"]

Peers = Callable[..., ComfyPeer]


@pytest.fixture
def peer(peers: Peers) -> ComfyPeer:
    return peers()


@dataclass
class World:
    """What a job sees of time: seconds that pass by sleeping alone, and the time of day."""

    seconds: float = 0.0
    now: datetime = datetime(2026, 3, 1, 12, 0)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """No waiting: requests are made once, sleeps only count."""
    made, pool, painter = World(), comfy.pooled, comfy.Comfy

    def pooled(settings: Any, **more: Any) -> Any:
        return pool(
            settings, **{**more, "http": lambda: Http(attempts=1), "probe": lambda: Http(attempts=1), "poll": 0.01}
        )

    def comfy_(*facts: Any, **more: Any) -> Any:
        return painter(*facts, **more, sleep=made.sleep, clock=lambda: made.seconds, now=lambda: made.now)

    monkeypatch.setattr(comfy, "pooled", pooled)
    monkeypatch.setattr(comfy, "Comfy", comfy_)
    return made


def tools(root: Path, *servers: ComfyPeer, said: list[Any] | None = None, **set_up: Any) -> Tools:
    def progress(fraction: float, doing: str = "", **extra: Any) -> None:
        if said is not None:
            said.append((fraction, doing, extra))

    asked = {"urls": [server.url for server in servers], **set_up}
    return Tools(
        Settings.model_validate({"root": root, "ffmpeg": "/nonexistent/ffmpeg", "comfyui": asked}), progress=progress
    )


def paint(root: Path, *servers: ComfyPeer, rule: dict[str, Any] | None = None, **more: Any) -> sidecars.Renders:
    return render.render(laid(root, rule), tools(root, *servers, **more))


def laid(root: Path, rule: dict[str, Any] | None = None, members: list[Member] | None = None) -> JobFolder:
    pictures = {"width": 160, "height": 90, "candidates": 1, **(rule or {}).get("pictures", {})}
    return lay(root, {**(rule or {}), "pictures": pictures}, members)


def test_every_picture_is_a_run_with_our_seed_and_comes_out_in_our_size(tmp_path: Path, peer: ComfyPeer) -> None:
    made = paint(tmp_path, peer)
    assert len(made.pictures) == len(peer.posted) == 4
    host = peer.url.removeprefix("http://")
    for picture in made.pictures:
        assert picture.painter == f"comfyui sdxl on {host}" and not picture.fallback_because
        assert picture.model == "sd_xl_base_1.0.safetensors"
        with Image.open(tmp_path / "stages" / "prompted" / NAME / picture.file) as opened:
            assert opened.size == (160, 90)
    graphs = [posted["prompt"] for posted in peer.posted]
    assert {graph["5"]["inputs"]["seed"] for graph in graphs} == {picture.seed for picture in made.pictures}
    assert {graph["3"]["inputs"]["text"] for graph in graphs} == {picture.prompt for picture in made.pictures}
    assert (graphs[0]["2"]["inputs"]["width"], graphs[0]["2"]["inputs"]["height"]) == (1344, 768)
    assert peer.freed == 1, "handed back"
    assert not list((tmp_path / "stages" / "prompted" / NAME).glob("run-*"))
    assert not list((tmp_path / "stages" / "prompted" / NAME).glob(".tmp*"))


def test_a_resumed_render_makes_only_what_is_missing_even_without_a_server(tmp_path: Path, peer: ComfyPeer) -> None:
    job = laid(tmp_path)
    first = render.render(job, tools(tmp_path, peer))
    (job.path / first.pictures[2].file).unlink()
    again = render.render(job, tools(tmp_path, peer))
    assert len(peer.posted) == 5 and again.pictures == first.pictures
    peer.down = True
    assert render.render(job, tools(tmp_path, peer)).pictures == first.pictures


def test_another_model_is_another_picture(tmp_path: Path, peer: ComfyPeer) -> None:
    job = laid(tmp_path)
    first = render.render(job, tools(tmp_path, peer))
    second = render.render(job, tools(tmp_path, peer, models={"sd_xl_base_1.0.safetensors": "mine.safetensors"}))
    assert not {p.fingerprint for p in first.pictures} & {p.fingerprint for p in second.pictures}
    assert second.pictures[0].model == "mine.safetensors"
    assert peer.posted[-1]["prompt"]["1"]["inputs"]["ckpt_name"] == "mine.safetensors"


def test_a_killed_attempt_s_run_is_found_again(
    tmp_path: Path, peer: ComfyPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = laid(tmp_path)

    def killed(*_facts: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(comfy.files, "publish", killed)
        with pytest.raises(KeyboardInterrupt):
            render.render(job, tools(tmp_path, peer))
    posted = len(peer.posted)
    assert posted >= 1 and list(job.path.glob("run-*.json"))
    render.render(job, tools(tmp_path, peer))
    assert len({p["prompt_id"] for p in peer.posted}) == len(peer.posted) == 4


def test_two_servers_share_the_work(tmp_path: Path, peers: Peers) -> None:
    one, two = peers(), peers()
    made = paint(tmp_path, one, two, rule={"pictures": {"candidates": 4}})
    assert len(one.posted) + len(two.posted) == len(made.pictures) == 16
    assert one.posted and two.posted


def test_where_no_server_answers_the_builtin_painter_steps_in_with_the_reason(
    tmp_path: Path, peer: ComfyPeer, brush: Painter
) -> None:
    peer.down = True
    made = paint(tmp_path, peer)
    assert len(brush.asked) == 4 and not peer.posted
    assert all("can't be reached" in picture.fallback_because for picture in made.pictures)
    assert {picture.painter for picture in made.pictures} == {"builtin fake"}


def test_a_rule_that_wants_comfyui_waits_for_it_a_while(tmp_path: Path, peer: ComfyPeer, brush: Painter) -> None:
    peer.down = True
    said: list[Any] = []
    made = paint(tmp_path, peer, rule={"pictures": {"painter": "comfyui"}}, said=said, patience=60)
    assert sum(doing.startswith("waiting for ComfyUI") for _, doing, _ in said) == 12
    assert all(picture.fallback_because for picture in made.pictures)


def test_one_picture_that_fails_is_painted_by_the_builtin_painter_alone(
    tmp_path: Path, peer: ComfyPeer, brush: Painter
) -> None:
    peer.endings = [Ending(), failing("boom")]
    made = paint(tmp_path, peer)
    because = [picture.fallback_because for picture in made.pictures]
    assert because[0] == because[2] == because[3] == "" and "KSampler" not in because[0]
    assert "failed on the server: RuntimeError: boom" in because[1] and len(brush.asked) == 1
    (note,) = [note for note in made.notes if "built-in painter" in note]
    assert note.startswith("02a: by the built-in painter: CLIPTextEncode 'Prompt' failed on the server")


def test_a_redo_paints_it_anew_where_the_server_is_back(tmp_path: Path, peer: ComfyPeer) -> None:
    peer.down = True
    job = laid(tmp_path)
    first = render.render(job, tools(tmp_path, peer))
    peer.down = False
    job = decide(job, first, Decision(picture="02a", verdict="redo", note="darker"))
    second = render.render(job, tools(tmp_path, peer))
    new = next(picture for picture in second.pictures if picture.replaces == "02a")
    assert new.painter.startswith("comfyui sdxl") and not new.fallback_because
    assert "darker" in peer.posted[0]["prompt"]["3"]["inputs"]["text"]


def test_a_refused_workflow_is_asked_once_and_the_remedy_told(tmp_path: Path, peer: ComfyPeer, brush: Painter) -> None:
    peer.classes = {name: {"input": {}} for name in ("EmptyLatentImage", "CLIPTextEncode", "VAEDecode", "SaveImage")}
    peer.classes["CheckpointLoaderSimple"] = {"input": {"required": {"ckpt_name": [["other.safetensors"]]}}}
    made = paint(tmp_path, peer)
    assert all("it has no node KSampler" in picture.fallback_because for picture in made.pictures)
    assert "it has other.safetensors" in made.pictures[0].fallback_because and not peer.posted


def test_a_black_picture_is_tried_once_more_and_never_shown(tmp_path: Path, peer: ComfyPeer, brush: Painter) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, "PNG")
    peer.paint = lambda _graph: out.getvalue()
    made = paint(tmp_path, peer, rule={"pictures": {"seconds": 60, "least": 1}})
    assert len(peer.posted) == 2 * len(made.pictures)
    assert all("came out black" in picture.fallback_because for picture in made.pictures)
    seeds = [posted["prompt"]["5"]["inputs"]["seed"] for posted in peer.posted]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize("data", [b"", b"<html>", png(300, 300)[:150]])
def test_what_is_no_picture_is_never_shown(tmp_path: Path, peer: ComfyPeer, brush: Painter, data: bytes) -> None:
    peer.paint = lambda _graph: data
    made = paint(tmp_path, peer)
    assert all("no picture" in picture.fallback_because for picture in made.pictures)


def test_a_stopped_run_is_tried_once_more(tmp_path: Path, peer: ComfyPeer) -> None:
    peer.endings = [interrupted()]
    made = paint(tmp_path, peer)
    assert len(peer.posted) == 5 and not any(picture.fallback_because for picture in made.pictures)


def test_without_memory_it_is_asked_for_smaller_and_still_comes_out_in_our_size(
    tmp_path: Path, peer: ComfyPeer
) -> None:
    peer.endings = [out_of_memory(), out_of_memory()]
    made = paint(tmp_path, peer)
    assert peer.posted[2]["prompt"]["2"]["inputs"]["width"] == 960
    assert not any(picture.fallback_because for picture in made.pictures)
    assert {(picture.width, picture.height) for picture in made.pictures} == {(160, 90)}


def test_progress_is_told_and_a_preview_kept_small_beside_the_job(tmp_path: Path, peer: ComfyPeer) -> None:
    step = {"type": "progress", "data": {"prompt_id": "ID", "node": "5", "value": 3, "max": 30}}
    preview = b"\0\0\0\1\0\0\0\2" + png(900, 500)
    peer.endings = [Ending(forever=True, frames=[step, preview])]
    job, heard = laid(tmp_path), []
    told = tools(tmp_path, peer)

    def progress(fraction: float, doing: str = "", **extra: Any) -> None:
        heard.append(doing)
        if extra.get("preview"):
            with Image.open(job.path / extra["preview"]) as opened:
                heard.append(f"preview {opened.format} {opened.width}")
            peer.running[0].ending.forever = False

    told.progress = progress
    render.render(job, told)
    assert "picture 01a: KSampler 3/30" in heard and "preview JPEG 320" in heard
    assert not (job.path / comfy.PREVIEW).exists(), "gone when the pictures are there"


def test_a_long_render_yields_before_its_time_limit_and_the_next_attempt_goes_on(
    tmp_path: Path, peer: ComfyPeer, world: World
) -> None:
    job = laid(tmp_path)

    def slowly(graph: dict[str, Any]) -> bytes:
        world.seconds += 3000
        return png()

    peer.paint = slowly
    with pytest.raises(Held, match="2 pictures were made") as caught:
        render.render(job, tools(tmp_path, peer))
    assert caught.value.facts["after"] == 1.0
    made = render.render(job, tools(tmp_path, peer))
    assert len(peer.posted) == 4 and not any(picture.fallback_because for picture in made.pictures)


# --- references -------------------------------------------------------------------------------------


def dropped(root: Path, *names: str) -> list[Member]:
    """Cast pictures dropped with the song; their files are laid by `with_cast`."""
    return [
        Member(role="cast", name=Path(name).name, path=name, file=f"cast-{number}.png", size=1)
        for number, name in enumerate(names)
    ]


def with_cast(root: Path, rule: dict[str, Any], *names: str) -> JobFolder:
    members = dropped(root, *names)
    job = laid(root, rule, members)
    for member in members:
        (job.path / member.file).write_bytes(png(200, 300))
    return job


CAST = {
    "cast": {"dj": {"text": "a cyborg DJ", "paint": "cyborg dj"}, "singer": "a singer with silver eyes"},
    "actions": {"any": ["{dj} at the desk", "an empty room"]},
}


def test_the_dropped_pictures_of_the_cast_go_into_the_workflow_s_reference(tmp_path: Path, peer: ComfyPeer) -> None:
    rule = {"look": CAST, "pictures": {"painter": "comfyui", "reference_workflow": "flux-kontext"}}
    job = with_cast(tmp_path, rule, "cast/DJ.png")
    made = render.render(job, tools(tmp_path, peer))
    by = {"dj": [], "none": []}  # type: ignore[var-annotated]
    for picture in made.pictures:
        by["dj" if "a cyborg DJ" in picture.prompt else "none"].append(picture.painter.split()[1])
    assert by["dj"] and set(by["dj"]) == {"flux-kontext"}
    assert set(by["none"]) <= {"sdxl"}
    assert len(peer.uploads) == 1 and next(iter(peer.uploads)).startswith("dropreel/dj-")
    loaded = [
        node["inputs"]["image"]
        for posted in peer.posted
        for node in posted["prompt"].values()
        if node["class_type"] == "LoadImage"
    ]
    assert set(loaded) == set(peer.uploads)


def test_a_rule_s_own_reference_is_used_and_one_outside_of_rules_never(tmp_path: Path, peer: ComfyPeer) -> None:
    (tmp_path / "rules" / "cast").mkdir(parents=True)
    (tmp_path / "rules" / "cast" / "dj.png").write_bytes(png(80, 80))
    look = {**CAST, "cast": {"dj": {"text": "a cyborg DJ", "reference": "cast/dj.png"}}}
    rule = {"look": look, "pictures": {"painter": "comfyui", "workflow": "flux-kontext"}}
    render.render(laid(tmp_path, rule), tools(tmp_path, peer))
    assert len(peer.uploads) == 1
    with pytest.raises(ValueError, match="must lie in rules/"):
        Rule.model_validate({"name": "x", "look": {"cast": {"dj": {"text": "x", "reference": "../secret.png"}}}})
    (tmp_path / "secret.png").write_bytes(png())
    (tmp_path / "rules" / "link.png").symlink_to(tmp_path / "secret.png")
    rule = Rule.model_validate({"name": "x", "look": {"cast": {"dj": {"text": "x", "reference": "link.png"}}}})  # type: ignore[assignment]
    job = JobFolder(tmp_path / "stages" / "prompted" / NAME)
    found, notes = references.gather(job, tools(tmp_path), job.job(), rule.look)  # type: ignore[attr-defined]
    assert not found and "outside rules/" in notes[0]


def test_a_workflow_that_wants_a_reference_and_gets_none_says_so(
    tmp_path: Path, peer: ComfyPeer, brush: Painter
) -> None:
    made = paint(tmp_path, peer, rule={"pictures": {"workflow": "flux-kontext"}})
    assert all("wants reference pictures: drop cast/NAME.png" in p.fallback_because for p in made.pictures)


def test_people_s_own_cast_is_not_painted_over_by_a_workflow_that_can_not_see_it(
    tmp_path: Path, peer: ComfyPeer
) -> None:
    job = with_cast(tmp_path, {"look": CAST}, "cast/DJ.png")
    painter = render._Work(
        job,
        tools(tmp_path, peer),
        job.job(),
        Rule.model_validate(job.job().rule),
        job.need(sidecars.Prompts),
        job.need(sidecars.Analysis),
    )
    assert painter.comfy is None and painter.material.characters


def test_a_reference_that_can_not_be_read_is_told(tmp_path: Path, peer: ComfyPeer) -> None:
    rule = {"look": CAST, "pictures": {"painter": "comfyui"}}
    job = with_cast(tmp_path, rule, "cast/DJ.png")
    (job.path / "cast-0.png").write_bytes(b"no picture")
    made = render.render(job, tools(tmp_path, peer))
    assert any("can't be used as a reference" in note for note in made.notes)


def test_what_a_rule_says_of_its_first_workflow_is_no_mistake_in_the_second(tmp_path: Path, peer: ComfyPeer) -> None:
    mapping = {"negative": "'Negative' text", "seed": "KSampler seed"}
    models = {"sd_xl_base_1.0.safetensors": "mine.safetensors"}
    pictures = {
        "painter": "comfyui",
        "reference_workflow": "flux-kontext",
        "mapping": mapping,
        "models": models,
    }
    made = render.render(
        with_cast(tmp_path, {"look": CAST, "pictures": pictures}, "cast/DJ.png"), tools(tmp_path, peer)
    )
    assert not any(picture.fallback_because for picture in made.pictures), made.pictures[0].fallback_because
    assert "flux-kontext" in {picture.painter.split()[1] for picture in made.pictures}
    with pytest.raises(comfyui.Wrong, match="is not in the workflow"):
        workflows.load(tools(tmp_path).settings, "flux-kontext", mapping, models)


# --- workflows, hours, sizes ------------------------------------------------------------------------


def test_the_root_s_own_workflow_goes_before_the_shipped_one(tmp_path: Path, peer: ComfyPeer) -> None:
    folder = tmp_path / "rules" / "workflows"
    folder.mkdir(parents=True)
    shipped = json.loads((Path(__file__).parents[1] / "rules" / "workflows" / "sdxl.json").read_text())
    shipped["5"]["inputs"]["steps"] = 7
    (folder / "sdxl.json").write_text(json.dumps(shipped))
    paint(tmp_path, peer)
    assert peer.posted[0]["prompt"]["5"]["inputs"]["steps"] == 7


def test_a_workflow_that_is_not_there_is_told_with_those_that_are(
    tmp_path: Path, peer: ComfyPeer, brush: Painter
) -> None:
    made = paint(tmp_path, peer, rule={"pictures": {"workflow": "nope"}})
    assert "no workflow 'nope'" in made.pictures[0].fallback_because
    assert any("ComfyUI isn't used" in note for note in made.notes)
    with pytest.raises(ValueError, match="promt"):
        Rule.model_validate({"name": "x", "pictures": {"mapping": {"promt": "KSampler seed"}}})
    for url in ("gpu:8188", "ftp://gpu", "http://", "http://gpu:8188/ws?x"):
        with pytest.raises(ValueError, match="is no address"):
            Settings.model_validate({"root": tmp_path, "comfyui": {"urls": [url]}})
    with pytest.raises(ValueError, match="workflow"):
        Rule.model_validate({"name": "x", "pictures": {"workflow": "../../etc/passwd"}})


def test_outside_the_rule_s_hours_the_job_is_held_and_told_when_it_goes_on(
    tmp_path: Path, peer: ComfyPeer, world: World
) -> None:
    world.now = datetime(2026, 3, 1, 21, 55)
    with pytest.raises(Held, match="it goes on at 22:00") as caught:
        paint(tmp_path, peer, rule={"pictures": {"gpu_hours": "22-7"}})
    assert caught.value.facts["after"] == 300 and not peer.posted
    world.now = datetime(2026, 3, 1, 22, 0)
    job = JobFolder(tmp_path / "stages" / "prompted" / NAME)
    assert not any(p.fallback_because for p in render.render(job, tools(tmp_path, peer)).pictures)


@pytest.mark.parametrize(
    ("text", "time", "is_open", "opens"),
    [
        ("", "12:00", True, "12:00"),
        ("22-7", "23:30", True, "23:30"),
        ("22-7", "06:59", True, "06:59"),
        ("22-7", "07:00", False, "22:00"),
        ("22:30-6:15", "22:29", False, "22:30"),
        ("9-12, 14-18", "13:00", False, "14:00"),
        ("9-12, 14-18", "18:00", False, "09:00"),
        ("0-24:00", "03:00", None, ""),
        ("22-22", "03:00", None, ""),
        ("25-3", "03:00", None, ""),
        ("22:75-3", "03:00", None, ""),
        ("at night", "03:00", None, ""),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, time: str, is_open: bool | None, opens: str) -> None:
    at = datetime.fromisoformat(f"2026-03-01T{time}")
    if is_open is None:
        with pytest.raises(ValueError, match="no span of hours"):
            hours.parse(text)
        return
    found = hours.parse(text)
    assert found.open(at) is is_open and f"{found.opens(at):%H:%M}" == opens and found.opens(at) >= at


@pytest.mark.parametrize(
    ("wanted", "megapixels", "multiple", "size"),
    [
        ((2400, 1350), 1.05, 64, (1344, 768)),
        ((2400, 1350), 1.05, 16, (1360, 768)),
        ((1350, 2400), 1.05, 64, (768, 1344)),
        ((1000, 1000), 0.5, 8, (704, 704)),
        ((5000, 100), 1.0, 64, (1984, 512)),
        ((100, 100), 0.01, 64, (256, 256)),
    ],
)
def test_a_model_is_asked_for_a_size_that_it_was_made_for(
    wanted: tuple[int, int], megapixels: float, multiple: int, size: tuple[int, int]
) -> None:
    assert generated.size(wanted, megapixels, multiple) == size


def test_a_picture_is_scaled_and_cropped_evenly_to_exactly_our_size() -> None:
    wide = Image.new("RGB", (300, 100), (0, 0, 0))
    wide.paste((255, 255, 255), (95, 0, 205, 100))
    found = generated.fitted(wide, (50, 50))
    assert found.size == (50, 50) and found.getpixel((2, 25)) == found.getpixel((47, 25)) == (255, 255, 255)


def test_a_preview_that_is_none_is_nothing() -> None:
    assert generated.preview(b"junk") == b"" and len(generated.preview(png(2000, 1000))) < 30_000


# --- the coordinator --------------------------------------------------------------------------------


def tracked(rule: dict[str, Any], stage: str = "prompted") -> Tracked:
    about = sidecars.Job(id="abcdef", name=NAME, kind="song", title="Song", inbox="songs", rule=rule)
    return Tracked(JobFolder(Path("/nowhere/stages") / stage / NAME), about, sidecars.State())


@pytest.mark.parametrize(
    ("pictures", "stage", "hour", "said"),
    [
        (
            {"painter": "auto", "gpu_hours": "22-7"},
            "prompted",
            12,
            "the rule keeps ComfyUI for 22-7: it goes on at 22:00",
        ),
        ({"painter": "auto", "gpu_hours": "22-7"}, "prompted", 23, ""),
        ({"painter": "builtin", "gpu_hours": "22-7"}, "prompted", 12, ""),
        ({"painter": "auto", "gpu_hours": "22-7"}, "queued", 12, ""),
        ({"painter": "auto", "gpu_hours": "whenever"}, "prompted", 12, ""),
        ({"painter": "auto"}, "prompted", 12, ""),
    ],
)
def test_a_job_is_held_outside_the_hours_and_status_says_why(
    tmp_path: Path, pictures: dict[str, Any], stage: str, hour: int, said: str
) -> None:
    settings = Settings.model_validate({"root": tmp_path, "comfyui": {"urls": ["http://gpu:8188"]}})
    gates = Gates(settings, now=lambda: datetime(2026, 3, 1, hour))
    assert gates.held(tracked({"pictures": pictures}, stage)) == said
    assert (
        Gates(Settings(root=tmp_path), now=lambda: datetime(2026, 3, 1, hour)).held(tracked({"pictures": pictures}))
        == ""
    )


def test_painting_takes_the_card_s_turn_where_comfyui_paints(tmp_path: Path) -> None:
    connected = Settings.model_validate({"root": tmp_path, "comfyui": {"urls": ["http://gpu:8188"]}})
    rule = {"pictures": {"painter": "auto"}}
    assert stages.resource("song", "render", rule, connected) == "gpu"
    assert stages.resource("song", "render", {"pictures": {"painter": "builtin"}}, connected) == "cpu"
    assert stages.resource("song", "render", rule, Settings(root=tmp_path)) == "cpu"
    assert stages.resource("song", "analyze", {}, connected) == "cpu"


def test_a_cancelled_job_s_runs_are_taken_off_the_server(tmp_path: Path, peer: ComfyPeer) -> None:
    job = laid(tmp_path)
    peer.endings = [Ending(forever=True)]
    ident = Server(peer.url, Http(attempts=1)).post(
        {"1": {"class_type": "SaveImage", "inputs": {}}}, "33333333-0000-4000-8000-000000000000", "c"
    )
    (job.path / "run-a.json").write_text(
        json.dumps({"server": peer.url, "prompt_id": ident, "client_id": "c", "graph": "g"})
    )
    (tmp_path / "stages").mkdir(exist_ok=True)
    assert outside.cancel_runs(job.path, Settings(root=tmp_path)) == []
    assert peer.interrupts == [ident]


def test_the_status_page_shows_the_picture_that_comes_about_and_nothing_else_in_its_place(tmp_path: Path) -> None:
    folder = tmp_path / "stages" / "prompted" / NAME
    folder.mkdir(parents=True)
    small = generated.preview(png(400, 300))
    (folder / "preview.jpg").write_bytes(small)
    job = {"id": "abcdef", "name": NAME, "title": "Song", "inbox": "songs", "stage": "prompted", "running": True}
    settings = Settings(root=tmp_path)

    def page(**more: Any) -> str:
        shown = pages.with_previews(settings, {"jobs": [{**job, **more}], "inboxes": []})
        return pages.status_page(shown, "songs")

    assert base64.b64encode(small).decode() in page(preview="preview.jpg")
    assert "data:image/jpeg" not in page(preview="gone.jpg") + page() + page(preview="preview.jpg", running=False)
    (folder / "preview.jpg").write_bytes(b"<script>")
    assert "data:image/jpeg" not in page(preview="preview.jpg")
