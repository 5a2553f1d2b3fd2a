"""Whole results as frames: an export, waited for by the caller, then read with exact types."""

from __future__ import annotations
