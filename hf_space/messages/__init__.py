"""What people read, in English and Spanish: texts, numbers and dates.

Everything may import this package; it imports nothing of `hf_space`.
"""
