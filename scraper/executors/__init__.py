"""Where visits run: threads of this process, other processes, or a Dask cluster.

`Workers` hand out leased requests and give back what came of them. Threads share the spider and its session.
Elsewhere requests travel with what the session knows (`Recipe` finds the spider again there), and what the
answers changed in the cookies travels back. A worker never signs in, and never touches the job.
"""

from scraper.executors.dask import cluster
from scraper.executors.elsewhere import Elsewhere
from scraper.executors.spawned import Processes, processes
from scraper.executors.threads import threads
from scraper.executors.workers import Visiting, Workers

__all__ = ["Elsewhere", "Processes", "Visiting", "Workers", "cluster", "processes", "threads"]
