"""Places that a rule needn't name: found by titles, else by following the links back from the samplers.

A node titled "Prompt", "Negative", "Seed", "Width", "Height", "Batch", "Frames", "FPS", "Image" or "Reference 2"
(or the same after "dropreel") is that place. Where the links lead to several nodes nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from daemon.backends.comfyui.faults import Wrong
from daemon.backends.comfyui.places import Spot, inputs, is_link, said, settled, titled
from daemon.backends.comfyui.replies import Graph

_TITLES = {
    "prompt": ("prompt", "positive", "positive prompt"),
    "negative": ("negative", "negative prompt"),
    "batch": ("batch", "batch size"),
    "frames": ("frames", "length"),
    "fps": ("fps", "frame rate"),
    "image": ("image", "start image"),
}
_INPUTS = {
    "prompt": ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "positive_prompt"),
    "negative": ("text", "text_g", "text_l", "clip_l", "t5xxl", "prompt", "negative_prompt"),
    "seed": ("noise_seed", "seed"),
    "width": ("width",),
    "height": ("height",),
    "batch": ("batch_size",),
    "frames": ("length", "num_frames", "frames", "video_frames"),
    "fps": ("fps", "frame_rate"),
    "image": ("image",),
    "reference": ("image",),
    "prefix": ("filename_prefix",),
}
_VALUES = ("value", "string", "int", "float", "number")
_CONDITIONING = ("positive", "conditioning", "text_embeds")
_LATENT = ("latent_image", "latent", "samples", "image_embeds")
_START = {"start_image", "pixels", "init_image", "first_frame", "start_frame"}
# Nodes beside the latent's that are told the size of the picture.
_SIZED = {"ModelSamplingFlux", "CLIPTextEncodeSDXL", "CLIPTextEncodeSDXLRefiner"}
_PASSING = re.compile(r"image|scale|resize|crop|pad|reroute", re.IGNORECASE)
_ENDING = re.compile(r"ipadapter|clip_?vision|controlnet|encode|latent|tovideo", re.IGNORECASE)
_REFERENCE = re.compile(r"^(?:dropreel )?reference(?: (\d+))?$", re.IGNORECASE)


def spots(graph: Graph, known: Sequence[str] = ()) -> dict[str, list[Spot]]:
    """What -> where, for what isn't known already and is there. Wrong where several nodes would do."""
    look = _Look(graph)
    ways: dict[str, Callable[[], list[Spot]]] = {
        "prompt": look.prompt,
        "negative": look.negative,
        "seed": look.seed,
        "width": lambda: look.size("width"),
        "height": lambda: look.size("height"),
        "batch": lambda: look.latent("batch"),
        "frames": lambda: look.latent("frames"),
        "fps": lambda: look.all("fps"),
        "image": look.image,
        "reference": look.references,
        "prefix": lambda: look.all("prefix"),
    }
    found = {}
    for what, way in ways.items():
        if what not in known:
            there = look.by_title(what) or way()
            if there:
                found[what] = list(dict.fromkeys(settled(graph, spot) for spot in there))
    if "image" in found and "reference" in found:
        found["image"] = [spot for spot in found["image"] if spot not in found["reference"]]
    if "prompt" in found and "negative" in found:
        # A negative that is made of the prompt (zeroed out) has no words of its own.
        found["negative"] = [spot for spot in found["negative"] if spot not in found["prompt"]]
    return {what: there for what, there in found.items() if there}


class _Look:
    """A graph, looked at from its samplers."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.samplers = [
            node
            for node in graph
            if any(name in inputs(graph, node) for name in ("latent_image", "image_embeds"))
            and any(name in inputs(graph, node) for name in ("positive", "guider", "text_embeds"))
        ]

    def by_title(self, what: str) -> list[Spot]:
        """Nodes whose title is the very word."""
        if what == "reference":
            named = [
                (int(match[1] or 1), node) for node in self.graph if (match := _REFERENCE.match(self._title(node)))
            ]
            return [Spot(node, "image") for _, node in sorted(named) if "image" in inputs(self.graph, node)]
        words = _TITLES.get(what, (what,))
        found = []
        for node in self.graph:
            if self._title(node).casefold().removeprefix("dropreel ") in words:
                held = inputs(self.graph, node)
                names = [name for name in _INPUTS[what] if name in held] or [name for name in _VALUES if name in held][
                    :1
                ]
                found += [Spot(node, name) for name in names]
        return found

    def _title(self, node: str) -> str:
        return " ".join(titled(self.graph[node]).replace(":", " ").split())

    def prompt(self) -> list[Spot]:
        """The text at the end of the samplers' positive conditioning."""
        return self._one("prompt", (self._words(link, "prompt") for link in self._conditioning("positive")))

    def negative(self) -> list[Spot]:
        """The same of the negative."""
        prompts = {spot for link in self._conditioning("positive") for spot in self._words(link, "prompt")}
        found = [self._words(link, "negative") for link in self._conditioning("negative")]
        own = [[spot for spot in each if spot not in prompts] for each in found]
        return self._one("negative", (each for each in own if each))

    def _conditioning(self, branch: str) -> Iterator[list[object]]:
        """The links that bring the samplers their conditioning."""
        for sampler in self.samplers:
            held = inputs(self.graph, sampler)
            guider = held.get("guider")
            if is_link(guider):
                held = inputs(self.graph, str(guider[0]))
            names = (branch, "text_embeds") if branch == "negative" else _CONDITIONING
            link = next((held[name] for name in names if is_link(held.get(name))), None)
            if link is not None:
                yield link

    def _words(self, link: object, what: str, seen: set[tuple[str, int]] | None = None) -> list[Spot]:
        """The texts behind a link; each node is looked at once."""
        seen = set() if seen is None else seen
        if not is_link(link) or (str(link[0]), int(link[1])) in seen:
            return []
        node, slot = str(link[0]), int(link[1])
        seen.add((node, slot))
        held = inputs(self.graph, node)
        texts = [name for name in _INPUTS[what] if name in held]
        if texts:
            return [Spot(node, name) for name in texts]
        if "ZeroOut" in str(self.graph.get(node, {}).get("class_type")):
            return []
        if "positive" in held and "negative" in held:
            branches = [("positive", "negative")[slot] if slot < 2 else "positive"]
        else:
            branches = [name for name in held if name.startswith(("conditioning", "cond", "positive"))]
            branches = branches or [name for name, value in held.items() if is_link(value)][:1]
        return [spot for name in branches for spot in self._words(held.get(name), what, seen)]

    def _one(self, what: str, found: Iterable[list[Spot]]) -> list[Spot]:
        """The spots of all samplers where they are of one node; several nodes are a question for a person."""
        each = list(dict.fromkeys(settled(self.graph, spot) for spots in found for spot in spots))
        if len({spot.node for spot in each}) > 1:
            there = "; ".join(said(self.graph, spot) for spot in each[:6])
            name = said(self.graph, each[0])
            remedy = f"Say which in the rule, such as mapping: {{{what}: {name}}}, or title one of them {what!r}."
            raise Wrong(f"the workflow has several places for {what}", there, remedy)
        return each

    def seed(self) -> list[Spot]:
        """The seed of every sampler, and of the noise that is handed to them."""
        found = []
        for node in self.graph:
            held = inputs(self.graph, node)
            if node in self.samplers or "noise_seed" in held:
                found += [Spot(node, name) for name in _INPUTS["seed"] if name in held]
        return found

    def _latents(self) -> list[str]:
        """The nodes in which the samplers' latents begin."""
        found: list[str] = []
        for sampler in self.samplers:
            held = inputs(self.graph, sampler)
            for name in _LATENT:
                found += self._begin(held.get(name), set())
        return list(dict.fromkeys(found))

    def _begin(self, link: object, seen: set[str]) -> list[str]:
        if not is_link(link) or str(link[0]) in seen:
            return []
        node = str(link[0])
        seen.add(node)
        held = inputs(self.graph, node)
        onward = [name for name in _LATENT if is_link(held.get(name))]
        if "width" in held and "height" in held and not onward:
            return [node]
        return [each for name in onward for each in self._begin(held[name], seen)]

    def size(self, what: str) -> list[Spot]:
        """Width or height of the latent, and of what else is told the picture's size."""
        found = self._one(what, ([Spot(node, what)] for node in self._latents()))
        if found:
            for node, told in self.graph.items():
                if told.get("class_type") in _SIZED:
                    found += [Spot(node, name) for name in (what, f"target_{what}") if name in inputs(self.graph, node)]
        return found

    def latent(self, what: str) -> list[Spot]:
        """An input of the node in which the latent begins."""
        names = _INPUTS[what]
        nodes = self._latents()
        return [Spot(node, name) for node in nodes for name in names if name in inputs(self.graph, node)][: len(nodes)]

    def all(self, what: str) -> list[Spot]:
        """Every input of that name."""
        return [Spot(node, name) for node in self.graph for name in _INPUTS[what] if name in inputs(self.graph, node)]

    def image(self) -> list[Spot]:
        """The picture that the run starts from."""
        loaders = [node for node in self._loaders() if self._starts(node, set())]
        return self._one("image", ([Spot(node, "image")] for node in loaders))

    def references(self) -> list[Spot]:
        """All other pictures that it loads, by title."""
        loaders = [node for node in self._loaders() if not self._starts(node, set())]
        return [Spot(node, "image") for node in sorted(loaders, key=lambda node: (self._title(node), len(node), node))]

    def _loaders(self) -> list[str]:
        return [
            node
            for node, told in self.graph.items()
            if str(told.get("class_type")).startswith("LoadImage")
            and "Mask" not in str(told.get("class_type"))
            and isinstance(inputs(self.graph, node).get("image"), str)
        ]

    def _starts(self, node: str, seen: set[str]) -> bool:
        """Whether what a node gives becomes the first picture, or the latent."""
        if node in seen:
            return False
        seen.add(node)
        for other, told in self.graph.items():
            kind = str(told.get("class_type"))
            for name, value in inputs(self.graph, other).items():
                if not is_link(value) or value[0] != node:
                    continue
                if name in _START or ("ToVideo" in kind and name == "image"):
                    return True
                if _PASSING.search(kind) and not _ENDING.search(kind) and self._starts(other, seen):
                    return True
        return False
