"""Makes nbgrader's formgrader (in `jupyter lab`) and commands work on the folder of the class.

Start them in the root of the checkout. The folder is class/, or what the environment variable
CLASS_FOLDER names; formgrader wants it inside the checkout. The marks are where `autograder
grade` keeps them, and `nbgrader autograde` and formgrader's button grade with its engine.
"""

import os
import sys
from pathlib import Path

from nbgrader.preprocessors import (
    CheckCellMetadata,
    ComputeChecksums,
    IncludeHeaderFooter,
    SaveCells,
)

from autograder.grading.database import find_address, unlocked
from autograder.lessons.versions import TO_MASTER, TO_RELEASE
from autograder.nbgrader_engine import install
from course.kit import UsageError

c = get_config()  # noqa: F821 (nbgrader defines it)

here = Path(__file__).resolve().parent
class_folder = here / os.environ.get("CLASS_FOLDER", "class")
c.CourseDirectory.root = str(class_folder)
try:
    c.CourseDirectory.db_url = unlocked(find_address(class_folder))
except UsageError as refusal:  # nbgrader would go on, with another database
    print(f"error: {refusal}", file=sys.stderr)
    sys.exit(2)
c.FormgradeExtension.debug = False  # it would show all of this, the address too
install(here)

# nbgrader wants a folder to exchange files with students, even when only it looks there. On a hub
# name the one that everybody sees, and the course, by environment variables or in the class's own
# nbgrader_config.py, which is read last.
exchange = Path(os.environ.get("EXCHANGE_FOLDER", class_folder / "exchange"))
if class_folder.is_dir() and exchange.parent == class_folder:
    exchange.mkdir(exist_ok=True)
c.Exchange.root = str(exchange)
c.CourseDirectory.course_id = os.environ.get("COURSE_ID", "")

# What nbgrader does by default, with a hint in every stub.
c.GenerateAssignment.preprocessors = [
    IncludeHeaderFooter,
    *TO_MASTER,
    SaveCells,
    *TO_RELEASE,
    ComputeChecksums,
    CheckCellMetadata,
]

if (class_folder / "nbgrader_config.py").is_file():
    load_subconfig("nbgrader_config.py", path=str(class_folder))  # noqa: F821
