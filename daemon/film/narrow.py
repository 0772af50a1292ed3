"""Close framings held back: in narrow films, so that faces stay whole, and on clips that models made. Pure.

A camera scale that shows head and shoulders in a wide frame shows half a face in a narrow one. A clip has a fraction
of the film's pixels: closer, it would be soft.
"""

from __future__ import annotations

from dataclasses import replace

from daemon.film.values import Camera, Shot, Timeline

WIDE = 1.4  # width over height from which a frame shows enough to the sides
_SQUARE = 1.0  # and from which down the whole of it holds
# The closest camera by the framing that the picture was painted in; a picture of another kind may show anything.
_CLOSEST = {"close": 1.16, "medium": 1.42, "wide": 1.95, "": 1.6}
_LEAST = 1.02
_ON_CLIPS = 1.3  # the closest camera on a clip that has fewer pixels across than the film


def held_back(timeline: Timeline) -> Timeline:
    """The same timeline with no camera closer than a narrow frame or a clip bears; other shots as they were."""
    shots = tuple(_on_clip(shot, timeline.width) for shot in timeline.shots)
    narrow = min(1.0, max(0.0, (WIDE - timeline.width / timeline.height) / (WIDE - _SQUARE)))
    if narrow:
        shots = tuple(_shot(shot, narrow) for shot in shots)
    return timeline if shots == timeline.shots else replace(timeline, shots=shots)


def _on_clip(shot: Shot, width: int) -> Shot:
    clip = (shot.picture.scene.get("own") or {}).get("clip") or {}
    most = max(shot.camera_from[2], shot.camera_to[2])
    if not clip.get("goes_on") or most <= _ON_CLIPS or int(clip["size"][0]) >= width:
        return shot
    share = _ON_CLIPS / most
    return replace(shot, camera_from=_scaled(shot.camera_from, share), camera_to=_scaled(shot.camera_to, share))


def _shot(shot: Shot, narrow: float) -> Shot:
    closest = _CLOSEST.get(str(shot.picture.scene.get("framing", "")), _CLOSEST[""])
    most = max(shot.camera_from[2], shot.camera_to[2])
    if most <= closest:
        return shot
    share = 1.0 + narrow * (closest / most - 1.0)
    return replace(shot, camera_from=_scaled(shot.camera_from, share), camera_to=_scaled(shot.camera_to, share))


def _scaled(camera: Camera, share: float) -> Camera:
    """The camera by `share` as close, its centre moved so that it sees nothing beyond the picture."""
    scale = max(_LEAST, camera[2] * share)
    half = 0.5 / scale
    return min(max(camera[0], half), 1 - half), min(max(camera[1], half), 1 - half), scale
