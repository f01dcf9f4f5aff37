"""From a lesson's source to its notebooks and its module of `course`, and back: is all of it current?"""
