"""The job is the truth: what is not committed did not happen; what is committed never happens twice."""

from scraper.job import files
from scraper.job.again import REJECTED
from scraper.job.figures import Figures
from scraper.job.files import FOLDER
from scraper.job.job import Job
from scraper.job.questions import Counts
from scraper.job.records import Records
from scraper.job.rows import canonical, fingerprint

__all__ = ["FOLDER", "REJECTED", "Counts", "Figures", "Job", "Records", "canonical", "files", "fingerprint"]
