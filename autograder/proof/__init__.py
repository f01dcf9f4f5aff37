"""Right and wrong answers to every contract: do the checks accept and reject as they should?"""
