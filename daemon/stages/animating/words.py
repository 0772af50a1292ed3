"""What moves in a clip: words added to the still's own prompt, by the section's role and energy, and the rule. Pure."""

from __future__ import annotations

from collections.abc import Mapping

MOTION = {
    "intro": "the camera drifts in slowly, the scene comes alive",
    "verse": "natural, unhurried movement, the camera follows gently",
    "build": "movement grows, the camera pushes in steadily",
    "drop": "powerful dancing, sudden energy, lights flash, the camera is shaken by the bass",
    "break": "slow, floating movement, dust in the light, the camera glides",
    "chorus": "joyful dancing, sweeping camera",
    "bridge": "the camera circles slowly, clothes and hair move in the wind",
    "outro": "movement comes to rest, the camera pulls back slowly",
    "section": "natural movement, the camera drifts",
    "low": "calm, slow motion",
    "medium": "steady rhythm",
    "high": "fast, energetic motion",
}
NEGATIVE = "static, frozen, still picture, black frames, flicker, text, subtitles, watermark, deformed, extra limbs"
_LONGEST = 1800


def moving(prompt: str, role: str, energy: str, said: Mapping[str, str]) -> str:
    """A still's prompt with what moves in it. energy: low, medium or high; said: the rule's own words, "" for none."""
    each = [said.get(name, MOTION.get(name, "")) for name in (role, energy)]
    parts = [part.strip(" .") for part in (prompt, *each) if part.strip(" .")]
    return ". ".join(part[:1].upper() + part[1:] for part in parts)[:_LONGEST]


def unmoving(negative: str, said: str) -> str:
    """What should not be seen, put together."""
    return ", ".join(
        dict.fromkeys(part.strip() for part in f"{negative}, {said or NEGATIVE}".split(",") if part.strip())
    )
