"""Voicegate: a voice agent on any web page, without giving the page the API key."""

__version__ = "0.1.0"
