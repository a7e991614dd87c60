"""Asks the questions that produce a values file, for the wizard and for the web form.

The questions, their wording, choices and limits come from the values schemas and `mode.yaml`. Information
that only a form needs is in the `x-form` of a value's schema (see `hints`).
"""
