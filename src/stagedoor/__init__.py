"""Stagedoor: fans who are private by default, and paid calls that creators place only to fans who allow it."""

__version__ = "0.2.0"
