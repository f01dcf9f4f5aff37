"""Take in what learners handed in: archives of Moodle and Canvas, and plain folders."""
