"""Questions whose answers are a values document: what the wizard asks and the web form shows.

Which questions there are, their words, choices and limits come from the values schemas and `mode.yaml`; what
only a form needs to know of a value stands there as `x-form` (see `hints`).
"""
