"""Figures of what networks answer: which classes are confused, and when they were learnt."""
