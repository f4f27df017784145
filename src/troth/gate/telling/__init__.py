"""Telling recipients: whoever was given data learns that it was corrected or erased, and confirms it.

telling.corrected(subject, category, by)    in the act that corrects, clause rights.update
telling.erased(subject)                     one of `erase.FAREWELLS`
"""
