"""Asks the questions whose answers are a values file, for the wizard and for the web form.

Which questions there are, their words, choices and limits come from the values schemas and `mode.yaml`; what
only a form needs to know of a value is there as `x-form` (see `hints`).
"""
