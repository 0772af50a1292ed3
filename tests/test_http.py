"""The HTTP door: where it leads, how much it takes in, what a dead service costs, and what never leaves the house."""

from __future__ import annotations

import gzip
import multiprocessing
import socket
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import events
from daemon.backends import breaker, exchange, home, notify
from daemon.backends.breaker import Breaker, State, failed, may, wait
from daemon.backends.comfyui import socket as comfy_socket
from daemon.backends.http import Http, Limit, door
from daemon.commands import service_checks
from daemon.errors import Fault, FinalFault, PassingFault
from daemon.queue import leash
from daemon.settings import Settings
from tests.test_notify import Peer

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.close()


def quick(**more: Any) -> Http:
    return Http(attempts=3, sleep=lambda _seconds: None, **more)


# --- redirections ------------------------------------------------------------------------------------


def test_a_redirection_on_the_same_host_is_followed(peer: Peer) -> None:
    peer.answers = [(302, {"Location": "/there?a=b"}, b""), (200, {}, b"found")]
    assert quick().send("GET", f"{peer.url}/here").body == b"found"
    assert [path for _, path, _, _ in peer.got] == ["/here", "/there?a=b"]


@pytest.mark.parametrize(
    "location", ["http://elsewhere.example/x", "//127.0.0.2/x", "http://127.0.0.1:9/", "ftp://x/", ""]
)
def test_a_redirection_to_another_host_is_refused_and_no_header_goes_there(peer: Peer, location: str) -> None:
    peer.answers = [(301, {"Location": location} if location else {}, b"")]
    with pytest.raises(FinalFault, match="leads elsewhere"):
        quick().send("GET", peer.url, headers={"Authorization": "Bearer x"})
    assert len(peer.got) == 1


def test_what_was_posted_is_not_posted_again_where_a_redirection_leads(peer: Peer) -> None:
    peer.answers = [(307, {"Location": "/there"}, b"")]
    with pytest.raises(FinalFault, match="leads elsewhere"):
        quick().send("POST", peer.url, json={})
    assert len(peer.got) == 1


def test_redirections_in_a_circle_end(peer: Peer) -> None:
    peer.answers = [(302, {"Location": "/"}, b"")] * 20
    with pytest.raises(FinalFault, match="circles"):
        quick().send("GET", peer.url)


def moved(here: str, there: str) -> str:
    request = exchange.Request("GET", here, Limit(1, 1), None, None, {}, True, 1, None, (), None)
    return exchange.moved(request, here, there)


def test_https_is_never_left_for_http() -> None:
    assert moved("http://a/x", "https://a/y") == "https://a/y"
    assert moved("https://A.example/x", "https://a.example:443/y")
    for here, there in (
        ("https://a/x", "http://a/x"),
        ("https://a:8443/x", "http://a:8443/x"),
        ("http://a:8080/", "https://a/"),
        ("https://a/", "https://user:word@a/"),
        ("https://a/", "https://a.b/"),
        ("https://a/", "https://a:99999/"),
    ):
        with pytest.raises(FinalFault):
            moved(here, there)


# --- how much, how long ------------------------------------------------------------------------------


def test_an_answer_is_unpacked(peer: Peer, tmp_path: Path) -> None:
    text = b"many words " * 5000
    for packing, packed in (("gzip", gzip.compress(text)), ("deflate", zlib.compress(text)), ("identity", text)):
        peer.answers = [(200, {"Content-Encoding": packing}, packed)] * 2
        assert quick().send("GET", peer.url).body == text
        quick().download(peer.url, tmp_path / "file", 1 << 20)
        assert (tmp_path / "file").read_bytes() == text


def test_a_packed_bomb_is_stopped_at_the_limit(peer: Peer, tmp_path: Path) -> None:
    bomb = gzip.compress(b"\0" * (200 << 20), 9)
    assert len(bomb) < 1 << 20
    peer.answers = [(200, {"Content-Encoding": "gzip"}, bomb)] * 2
    with pytest.raises(FinalFault, match="too long"):
        quick().send("GET", peer.url, largest=1 << 20)
    with pytest.raises(FinalFault, match="too long"):
        quick().download(peer.url, tmp_path / "file", 1 << 20)
    assert (tmp_path / "file").stat().st_size <= 1 << 20


def test_an_answer_packed_in_a_way_not_asked_for_is_refused(peer: Peer) -> None:
    peer.answers = [(200, {"Content-Encoding": "br"}, b"x")]
    with pytest.raises(FinalFault, match="packed as br"):
        quick().send("GET", peer.url)


@pytest.mark.parametrize("packed", [b"no gzip at all", gzip.compress(b"words " * 99)[:-9]], ids=["none", "cut"])
def test_a_broken_packing_is_a_passing_fault_and_asked_again(peer: Peer, packed: bytes) -> None:
    peer.answers = [(200, {"Content-Encoding": "gzip"}, packed), (200, {}, b"fine")]
    assert quick().send("GET", peer.url).body == b"fine"
    peer.answers = [(200, {"Content-Encoding": "gzip"}, packed)] * 3
    with pytest.raises(PassingFault, match="broke off"):
        quick().send("GET", peer.url)


def test_an_answer_that_drips_is_cut_off_when_its_time_is_over(peer: Peer) -> None:
    moments = iter(range(0, 100_000, 40))
    peer.answers = [(200, {}, b"x" * 500_000)]
    with pytest.raises(PassingFault, match="takes too long"):
        quick(clock=lambda: float(next(moments))).send("GET", peer.url, Limit(1, 1, 30), repeat=False)


def test_a_login_of_netrc_never_takes_the_place_of_ours(
    peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    quick().send("GET", peer.url, headers={"Authorization": "Bearer ours"})
    quick().send("GET", peer.url)
    assert [headers.get("Authorization") for _, _, headers, _ in peer.got] == ["Bearer ours", None]


# --- a dead service ----------------------------------------------------------------------------------


def test_the_second_failure_in_a_row_opens_and_each_failed_try_for_longer() -> None:
    state = failed(State(), 0.0)
    assert may(state, 0.0) == "shut"
    now, waits = 0.0, []
    for _ in range(8):
        state = failed(state, now)
        waits.append(wait(state, now))
        assert may(state, now) == "open"
        now = state.until
        assert may(state, now) == "trying"
    assert waits == [30, 120, 480, 1920, 3600, 3600, 3600, 3600]


@given(st.lists(st.tuples(st.floats(0, 1e5), st.booleans()), max_size=40))
def test_no_delay_is_longer_than_an_hour_and_success_forgets_all(steps: list[tuple[float, bool]]) -> None:
    now, state = 0.0, State()
    for after, well in steps:
        now += after
        state = State() if well else failed(state, now)
        assert wait(state, now) <= 3600
        assert may(State(), now) == "shut"


def test_a_dead_service_is_asked_twenty_four_times_a_day_once_each(tmp_path: Path) -> None:
    now = [0.0]
    services = Breaker(tmp_path / "file", lambda: now[0])
    asked = 0
    while now[0] < 86_400 * 2:  # a job each five minutes
        try:
            services.ask("host:1")
            asked += now[0] > 86_400
            services.bad("host:1", "refused")
        except PassingFault as fault:
            assert "left alone" in fault.what and "refused" in fault.why
        now[0] += 300
    assert asked <= 24


def test_a_channel_of_notices_is_left_alone_for_two_minutes_at_most(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        settings = Settings.model_validate({"root": tmp_path, "notify": {"webhook": url}})
        state = State(2, 9, 0.0, 0.0, "refused")
        assert wait(failed(state, 100.0, "refused", 120.0), 100.0) == 120.0
        for _ in range(2):
            assert notify.notify(settings, "ready", "a", "b", http=door(settings, 1, 5, longest=120))
        (problem,) = notify.notify(settings, "ready", "a", "b")
        assert "left alone" in problem


def test_one_caller_tries_while_the_others_still_find_it_open_and_its_death_is_survived(tmp_path: Path) -> None:
    now = [0.0]
    one, other = (Breaker(tmp_path / "file", lambda: now[0]) for _ in range(2))
    one.bad("host:1")
    assert one.ask("host:1") is False
    one.bad("host:1")
    with pytest.raises(PassingFault):
        other.ask("host:1")
    now[0] = 31.0
    assert one.ask("host:1") is True
    with pytest.raises(PassingFault):
        other.ask("host:1")
    now[0] += 200  # the one that tried it was killed
    assert other.ask("host:1") is True
    other.good("host:1")
    assert one.ask("host:1") is False
    assert one.told() == {}


def test_what_one_process_learnt_another_knows(tmp_path: Path) -> None:
    path = tmp_path / "file"
    child = multiprocessing.get_context("spawn").Process(target=_fail_twice, args=(path,))
    child.start()
    child.join(60)
    with pytest.raises(PassingFault, match="left alone"):
        Breaker(path).ask("host:1")


def _fail_twice(path: Path) -> None:
    for _ in range(2):
        Breaker(path).bad("host:1", "refused")


def test_a_damaged_or_foreign_file_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    for text in ("", "[]", "{", '{"boot": "another", "services": {"host:1": {}}}', '{"services": 3}'):
        path.write_text(text)
        assert Breaker(path).ask("host:1") is False
    services = Breaker(path)
    services.bad("host:1")
    services.bad("host:1")
    monkeypatch.setattr(breaker, "_boot", lambda: "another boot")
    assert services.ask("host:1") is False
    assert Breaker(tmp_path / "gone" / "file").ask("host:1") is False


def test_a_service_that_is_down_costs_its_tries_once_and_then_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        naps: list[float] = []
        now = [0.0]
        services = Breaker(tmp_path / "file", lambda: now[0])
        http = Http(attempts=3, sleep=naps.append, services=services)
        for _ in range(2):
            with pytest.raises(PassingFault, match="can't be reached"):
                http.send("GET", url)
        assert len(naps) == 4
        for _ in range(50):
            with pytest.raises(PassingFault, match="left alone"):
                http.send("GET", url)
        now[0] = 31
        with pytest.raises(PassingFault, match="can't be reached"):
            http.send("GET", url)
        assert len(naps) == 4  # the try is a single one


def test_a_service_that_refuses_or_is_busy_is_alive(peer: Peer, tmp_path: Path) -> None:
    http = quick(services=Breaker(tmp_path / "file"))
    peer.answers = [(404, {}, b"")] * 3 + [(503, {}, b"")] * 9 + [(429, {}, b"")] * 3
    for _ in range(7):
        with pytest.raises(Fault) as caught:
            http.send("GET", peer.url)
        assert "left alone" not in caught.value.what
    assert len(peer.got) == 15


def test_a_service_that_came_back_is_asked_as_ever(peer: Peer, tmp_path: Path) -> None:
    now = [0.0]
    http = quick(services=Breaker(tmp_path / "file", lambda: now[0]))
    peer.answers = [(500, {}, b"")] * 6 + [(200, {}, b"back")] * 2
    for _ in range(2):
        with pytest.raises(PassingFault):
            http.send("GET", peer.url)
    now[0] = 31
    assert http.send("GET", peer.url).body == b"back"
    assert http.send("GET", peer.url).body == b"back"


# --- privacy: local ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "at_home"),
    [
        *((a, True) for a in ("127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.9")),
        *((a, True) for a in ("169.254.3.4", "::1", "fe80::1", "fe80::1%eth0", "fd12:3456::1", "::ffff:192.168.0.2")),
        *((a, False) for a in ("8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "100.64.0.1", "0.0.0.0")),
        *(
            (a, False)
            for a in ("2001:db8::1", "::", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::", "localhost", "")
        ),
    ],
)
def test_which_addresses_are_at_home(address: str, at_home: bool) -> None:
    assert home.is_home(address) is at_home


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """Names that the resolver knows; each lookup takes the first answer while there is more than one."""
    known: dict[str, list[str]] = {}
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *arguments: Any, **more: Any) -> Any:
        if host not in known:
            return real(host, port, *arguments, **more)
        answers = known[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [info for one in found.split() for info in real(one, port, *arguments, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return known


def test_under_privacy_local_a_service_at_home_is_asked_and_one_outside_never(
    peer: Peer, names: dict[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = peer.url.rpartition(":")[2]
    tried: list[object] = []
    connect = socket.socket.connect
    monkeypatch.setattr(socket.socket, "connect", lambda self, to: (tried.append(to), connect(self, to))[1])
    names.update({"ollama.local": ["127.0.0.1"], "out.example": ["203.0.113.7"], "fake.local": ["198.51.100.1"]})
    http = quick(local=True)
    assert http.send("GET", f"http://ollama.local:{port}/").status == 200
    for host in ("out.example", "fake.local", "203.0.113.9"):
        with pytest.raises(FinalFault, match="privacy: local") as caught:
            http.send("GET", f"http://{host}:{port}/")
        assert caught.value.facts["privacy"] is True
    assert {to[0] for to in tried if isinstance(to, tuple)} == {"127.0.0.1"}


def test_the_address_that_was_judged_is_the_one_connected_to(peer: Peer, names: dict[str, list[str]]) -> None:
    port = peer.url.rpartition(":")[2]
    # A name that says 127.0.0.1 once, and an address outside whenever it is asked again.
    names["rebinding.example"] = ["127.0.0.1", "203.0.113.7"]
    assert quick(local=True).send("GET", f"http://rebinding.example:{port}/").status == 200
    with pytest.raises(FinalFault, match="privacy: local"):
        quick(local=True).send("GET", f"http://rebinding.example:{port}/")
    names["both.example"] = ["203.0.113.7 127.0.0.1"]
    assert quick(local=True).send("GET", f"http://both.example:{port}/").status == 200


def test_under_privacy_local_no_proxy_carries_a_call_out(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.setenv(name, peer.url)
    with pytest.raises(FinalFault, match="privacy: local"):
        quick(local=True).send("GET", "http://203.0.113.7/")
    assert peer.got == []
    # The same without it goes by the proxy: the check can fail.
    quick().send("GET", "http://203.0.113.7/")
    assert len(peer.got) == 1


def test_a_forbidden_call_says_nothing_about_the_service(tmp_path: Path) -> None:
    services = Breaker(tmp_path / "file")
    for _ in range(3):
        with pytest.raises(FinalFault):
            quick(local=True, services=services).send("GET", "http://203.0.113.7/")
    assert services.told() == {}


def test_the_settings_shut_the_door(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    with pytest.raises(FinalFault, match="privacy: local"):
        door(Settings(root=tmp_path, privacy="local")).send("GET", "http://203.0.113.7/")


@pytest.fixture
def _let_out() -> Iterator[None]:
    yield
    home.keep(False)


def test_under_privacy_local_no_worker_reaches_outside_whoever_makes_the_call(tmp_path: Path, _let_out: None) -> None:
    (tmp_path / "job").mkdir()
    for privacy, expected in (("local", "privacy: local"), ("open", "")):
        settings = Settings.model_validate({"root": tmp_path, "privacy": privacy})
        answer = str(tmp_path / "answer")
        leash.run(leash.Call(str(tmp_path / "job"), "x", 1, settings, "", answer, "tests.test_http:calling_out", ()))
        outcome = leash.read_answer(answer)
        assert isinstance(outcome, events.Failed)
        assert (expected or "proxy") in f"{outcome.what} {outcome.why}"


def calling_out(_verb: str) -> Any:
    """A stage that calls out by a session of its own; where it isn't shut in, by a proxy that isn't there."""

    def work(_job: object, _tools: object) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("http_proxy", "http://127.0.0.1:9")
            try:
                Http(attempts=1).send("GET", "http://203.0.113.7/")
            except PassingFault:
                raise ValueError("it went by the proxy") from None

    return work


def test_under_privacy_local_the_socket_of_comfyui_stays_at_home_too(_let_out: None) -> None:
    home.keep(True)
    listener = comfy_socket.Listener.__new__(comfy_socket.Listener)
    listener._address = "ws://203.0.113.7:8188/ws?clientId=1"
    with pytest.raises(FinalFault, match="privacy: local"):
        listener._dialled()
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener._address = f"ws://127.0.0.1:{server.getsockname()[1]}/ws?clientId=1"
        listener._dialled().close()


def test_under_privacy_local_no_mail_and_no_notice_leaves_either(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    for tls in ("tls", "starttls", "none"):
        settings = Settings.model_validate(
            {
                "root": tmp_path,
                "privacy": "local",
                "notify": {
                    "ntfy": "https://203.0.113.7/topic",
                    "webhook": "http://203.0.113.7/",
                    "email_to": "a@example.org",
                    "smtp": "203.0.113.7",
                    "smtp_tls": tls,
                },
            }
        )
        problems = notify.notify(settings, "ready", "a", "b")
        assert len(problems) == 3
        assert all("privacy: local" in problem for problem in problems)


# --- what doctor says of it --------------------------------------------------------------------------


def findings(settings: Settings, name: str) -> list[tuple[str, str]]:
    checks = (service_checks.services, service_checks.privacy, service_checks.writers)
    return [(one.level, one.said) for check in checks for one in check(settings) if one.what == name]


def everywhere(root: Path, peer: Peer, **more: Any) -> Settings:
    (root / "stages").mkdir(exist_ok=True)
    out = "http://203.0.113.7:9"
    facts = {"notify": {"ntfy": f"{out}/topic"}, "writer": {"ollama": peer.url, "openai": f"{out}/v1", "gemini": False}}
    return Settings.model_validate({"root": root, **facts, **more})


def test_doctor_lists_what_leaves_the_house(peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_checks, "_SECONDS", 0.05)
    ((level, said),) = findings(everywhere(tmp_path, peer), "privacy")
    assert level == "OK"
    assert said == "open; leaves the house: ntfy (203.0.113.7), openai (203.0.113.7); stays at home: ollama (127.0.0.1)"
    shut = everywhere(tmp_path, peer, privacy="local")
    ((level, said),) = findings(shut, "privacy")
    assert level == "WARN"
    assert "would leave the house, and isn't asked: ntfy" in said
    # Not even doctor knocks there.
    tried: list[Any] = []
    monkeypatch.setattr(socket, "create_connection", lambda to, **_: (tried.append(to), socket.socket())[1])
    assert [level for level, _ in findings(shut, "openai")] == ["WARN"]
    assert [to[0] for to in tried] == ["127.0.0.1"]


def test_nothing_set_means_nothing_leaves(tmp_path: Path) -> None:
    (tmp_path / "stages").mkdir()
    settings = Settings(root=tmp_path)
    assert findings(settings, "privacy") == [("OK", "open; nothing leaves the house")]
    assert findings(settings, "services") == [("OK", "none set, none needed")]
    assert findings(settings, "writer")[0][0] == "OK"


def test_doctor_has_a_service_that_came_back_asked_again(peer: Peer, tmp_path: Path) -> None:
    settings = everywhere(tmp_path, peer)
    services = Breaker(tmp_path / "stages" / breaker.FILE)
    key = peer.url.removeprefix("http://")
    for _ in range(2):
        services.bad(key, "refused")
    assert key in services.told()
    assert findings(settings, "ollama") == [("OK", f"{key} answers")]
    assert services.told() == {}
