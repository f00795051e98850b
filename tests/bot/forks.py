"""Processes that start with everything imported: importing the desk takes two seconds of a core, a fork none."""

import multiprocessing

FORKS = multiprocessing.get_context("forkserver")
"""Each process is a fork of one that has imported these modules and done nothing else."""

FORKS.set_forkserver_preload(
    ["tests.bot.delivery.killed_worker", "tests.bot.webhooks.killed_worker", "tests.bot.processes.desk_process"]
)
