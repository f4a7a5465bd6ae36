"""Texts, numbers and dates for users, in English and Spanish.

Everything may import this package; it imports nothing of `hf_space`.
"""
