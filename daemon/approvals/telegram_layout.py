"""How a job's pictures are spread over messages: an album a section, or sheets of several where they are many. Pure.

One photo takes one message with its buttons under it; an album of n photos takes n, and one more for the buttons, since
albums can't have any. A job takes at most so many messages as the settings say, by photos that show several pictures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from pydantic import BaseModel, Field

MOST_PHOTOS = 10  # of an album
MOST_PICTURES = 24  # of a message: three buttons each, of the hundred that a message may have


class Batch(BaseModel):
    """Pictures that are shown together. photos: the ids that each photo shows."""

    title: str = ""
    photos: list[list[str]] = Field(default_factory=list)

    def pictures(self) -> list[str]:
        """The ids of all its pictures."""
        return [ident for photo in self.photos for ident in photo]


@dataclass
class Group:
    """A section with its slots, each the ids of its candidates."""

    title: str
    slots: list[list[str]] = field(default_factory=list)

    @property
    def pictures(self) -> int:
        """How many there are."""
        return sum(len(slot) for slot in self.slots)


def cost(photos: int) -> int:
    """How many messages so many photos take, with their buttons."""
    return 1 if photos == 1 else photos + 1


def layout(sections: Sequence[Group], room: int) -> list[Batch]:
    """The batches, in order: at most `room` messages in all, unless more than 24 pictures a message would be needed."""
    groups = [part for section in sections for part in _split(section)]
    while len(groups) > max(1, room):
        merged = _merge(groups)
        if merged is None:
            break
        groups = merged
    sizes = [min(MOST_PHOTOS, group.pictures) for group in groups]
    while sum(map(cost, sizes)) > room and max(sizes, default=1) > 1:
        largest = max(range(len(sizes)), key=lambda index: (sizes[index], index))
        sizes[largest] -= 1
    return [Batch(title=group.title, photos=_photos(group, size)) for group, size in zip(groups, sizes, strict=True)]


def _split(section: Group) -> list[Group]:
    """A section in parts that a message's buttons can serve."""
    parts: list[Group] = []
    for slot in section.slots:
        for start in range(0, len(slot), MOST_PICTURES):
            piece = slot[start : start + MOST_PICTURES]
            if not parts or parts[-1].pictures + len(piece) > MOST_PICTURES:
                parts.append(Group(section.title))
            parts[-1].slots.append(piece)
    return parts


def _merge(groups: list[Group]) -> list[Group] | None:
    """One group fewer: the two smallest neighbours become one; None where none fit together."""
    sums = [one.pictures + next_.pictures for one, next_ in pairwise(groups)]
    least = min(range(len(sums)), key=lambda index: sums[index], default=None)
    if least is None or sums[least] > MOST_PICTURES:
        return None
    one, two = groups[least], groups[least + 1]
    first, last = one.title.partition(" to ")[0], two.title.split(" to ")[-1]
    title = first if first == last else f"{first} to {last}"
    return [*groups[:least], Group(title, [*one.slots, *two.slots]), *groups[least + 2 :]]


def _photos(group: Group, size: int) -> list[list[str]]:
    if size >= group.pictures:
        return [[ident] for slot in group.slots for ident in slot]
    # Candidates of a slot stay together in one photo.
    slots, size = group.slots, min(size, len(group.slots))
    ends = [round(len(slots) * (number + 1) / size) for number in range(size)]
    return [
        [ident for slot in slots[start:end] for ident in slot] for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
