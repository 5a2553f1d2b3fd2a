"""Executions of workflows: their state, and what moves them on."""
