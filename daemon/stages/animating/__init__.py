"""Approved stills become clips: which of them, by whom, with which words, and what happens where a clip is no good.

`choose` picks the stills most worth motion within the rule's minutes; `words` says what moves; `climb` asks for a
clip, has it judged (`video.quality`) and climbs the `ladder` where it is refused; `animate` does so for a whole film
and hands its slots back with the clips in them. `comfy` and `plain` are those who make clips, `who` says which of
them does; `pace` knows how long it takes, `estimate` says so before anybody approves.
"""
