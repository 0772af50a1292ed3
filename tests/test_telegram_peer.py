"""The Bot API peer of our tests, driven by the library that others drive the real one with."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from PIL import Image

from . import telegram_peer
from .telegram_peer import ANNA, GROUP, TOKEN, No, Peer

telegram = pytest.importorskip("telegram")
error = pytest.importorskip("telegram.error")
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated since version")


@pytest.fixture
def peer() -> Iterator[Peer]:
    with telegram_peer.running() as running:
        yield running


def drive(peer: Peer, work: Callable[[Any], Awaitable[Any]], token: str = TOKEN) -> Any:
    """Runs some calls of the library against the peer."""

    async def run() -> Any:
        bot = telegram.Bot(token, base_url=f"{peer.url}/bot")
        async with bot:
            return await work(bot)

    return asyncio.run(run())


def picture(width: int = 64, height: int = 64) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "PNG")
    return out.getvalue()


def keys(data: str = "y:a1b2c3:01a") -> Any:
    return telegram.InlineKeyboardMarkup([[telegram.InlineKeyboardButton("yes", callback_data=data)]])


def test_the_library_reads_messages_photos_albums_and_videos_out_of_its_answers(peer: Peer) -> None:
    async def work(bot: Any) -> None:
        assert (await bot.get_me()).username == "dropreel_bot"
        assert (await bot.get_chat(GROUP)).type == "group"
        text = await bot.send_message(GROUP, "hello", reply_markup=keys())
        assert text.reply_markup.inline_keyboard[0][0].callback_data == "y:a1b2c3:01a"
        assert (await bot.send_photo(GROUP, picture(), caption="one")).caption == "one"
        album = [telegram.InputMediaPhoto(picture(), caption=name) for name in ("01a", "01b")]
        sent = await bot.send_media_group(GROUP, album)
        assert [one.caption for one in sent] == ["01a", "01b"]
        assert len({one.media_group_id for one in sent}) == 1
        assert (await bot.send_video(GROUP, b"film", thumbnail=picture(320, 180))).video.file_size == 4
        assert (await bot.edit_message_text("changed", GROUP, text.message_id)).text == "changed"
        assert await bot.delete_messages(GROUP, [one.message_id for one in sent])

    drive(peer, work)
    assert [message.kind for message in peer.in_chat()] == ["text", "photo", "video"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda bot: bot.send_message(GROUP, "x", reply_markup=keys("x" * 65)), "(?i)button_data_invalid"),
        (lambda bot: bot.send_photo(GROUP, picture(), caption="x" * 1025), "caption is too long"),
        (lambda bot: bot.send_photo(GROUP, picture(2100, 100)), "(?i)photo_invalid_dimensions"),
        (lambda bot: bot.send_photo(GROUP, picture(9000, 1100)), "(?i)photo_invalid_dimensions"),
        (lambda bot: bot.send_photo(GROUP, b"no picture"), "(?i)image_process_failed"),
        (lambda bot: bot.send_media_group(GROUP, [telegram.InputMediaPhoto(picture())]), "2-10"),
        (lambda bot: bot.send_media_group(GROUP, [telegram.InputMediaPhoto(picture())] * 11), "2-10"),
        (lambda bot: bot.send_message(GROUP, "x" * 4097), "too long"),
        (lambda bot: bot.send_message(99, "x"), "(?i)chat not found"),
        (lambda bot: bot.edit_message_text("x", GROUP, 1), "not found"),
        (lambda bot: bot.answer_callback_query("q0"), "too old"),
    ],
)
def test_it_refuses_what_the_real_one_refuses(peer: Peer, call: Callable[[Any], Awaitable[Any]], said: str) -> None:
    with pytest.raises(error.BadRequest, match=said):
        drive(peer, call)


def test_an_edit_that_changes_nothing_is_refused(peer: Peer) -> None:
    async def work(bot: Any) -> None:
        sent = await bot.send_message(GROUP, "same", reply_markup=keys())
        await bot.edit_message_text("same", GROUP, sent.message_id, reply_markup=keys())

    with pytest.raises(error.BadRequest, match="not modified"):
        drive(peer, work)


def test_refusals_reach_the_library_as_the_errors_it_knows(peer: Peer) -> None:
    peer.refuse["sendMessage"] = [No(429, "Too Many Requests: retry after 7", retry_after=7)]
    with pytest.raises(error.RetryAfter) as later:
        drive(peer, lambda bot: bot.send_message(GROUP, "x"))
    assert "7" in str(later.value)
    peer.migrate(GROUP, -1001, told=False)
    with pytest.raises(error.ChatMigrated) as moved:
        drive(peer, lambda bot: bot.send_message(GROUP, "x"))
    assert moved.value.new_chat_id == -1001
    peer.kicked.add(-1001)
    with pytest.raises(error.Forbidden):
        drive(peer, lambda bot: bot.send_message(-1001, "x"))
    with pytest.raises(error.InvalidToken):
        drive(peer, lambda bot: bot.get_me(), token=TOKEN[:-1] + "X")


def test_updates_come_until_they_are_confirmed_by_a_higher_offset(peer: Peer) -> None:
    async def work(bot: Any) -> None:
        sent = await bot.send_message(GROUP, "press", reply_markup=keys())
        peer.press(peer.in_chat()[0], "yes", ANNA)
        peer.say("darker", ANNA, peer.in_chat()[0])
        first = await bot.get_updates(timeout=0)
        assert await bot.get_updates(timeout=0) == first
        assert first[0].callback_query.data == "y:a1b2c3:01a"
        assert first[0].callback_query.from_user.id == ANNA
        assert first[1].message.reply_to_message.message_id == sent.message_id
        assert await bot.answer_callback_query(first[0].callback_query.id, text="done")
        assert await bot.get_updates(offset=first[0].update_id + 1, timeout=0) == first[1:]
        assert await bot.get_updates(offset=first[1].update_id + 1, timeout=0) == ()
        assert await bot.get_updates(timeout=0) == ()

    drive(peer, work)


def test_the_earlier_of_two_questions_for_updates_is_ended_with_a_conflict(peer: Peer) -> None:
    async def work(bot: Any) -> list[Any]:
        first = asyncio.create_task(bot.get_updates(timeout=20))
        while not peer.asked("getUpdates"):
            await asyncio.sleep(0.01)
        # A bot of the library asks for updates over one connection only.
        async with telegram.Bot(TOKEN, base_url=f"{peer.url}/bot") as other:
            return await asyncio.gather(first, other.get_updates(timeout=0), return_exceptions=True)

    first, second = drive(peer, work)
    assert isinstance(first, error.Conflict)
    assert second == ()
    peer.webhook = "https://example.org"
    with pytest.raises(error.Conflict, match="webhook"):
        drive(peer, lambda bot: bot.get_updates(timeout=0))
