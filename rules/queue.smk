# What is submitted to a queue together, and how much time it asks for.

from math import ceil

from snakemake.jobs import GroupJob


def group(rules):
    """Submit the jobs of a seed together, and so those of the study; replays run by themselves."""
    for each in rules:
        if not each.name.startswith("replay"):
            each.group = each.group or ("seed" if "seed" in each.wildcard_names else "study")


# Snakemake adds up the time limits of a group's jobs. They are whole minutes, and most jobs take a
# second, so twenty seeds would ask for a day. Profiles tell the seconds of each job instead.
if not hasattr(GroupJob, "added_up"):
    GroupJob.added_up = GroupJob.resources

    def with_time_limit(group):
        """The resources of a group: the longest time limit of a job, and the seconds of all jobs."""
        if group._resources is None:
            asked = [dict(job.resources.items()) for job in group.jobs]
            group.added_up  # sets what is changed below
            if all({"runtime", "seconds"} <= set(each) for each in asked):
                minutes = ceil(sum(each["seconds"] for each in asked) / 60)
                longest = max(each["runtime"] for each in asked)
                group._resources["runtime"] = longest + group.attempt * minutes
        return group.added_up

    GroupJob.resources = property(with_time_limit)

# Snakemake 9.27 loses a queue's message, such as why it refused a submission, if jobs are grouped.
if not hasattr(GroupJob, "silent_log_error"):
    GroupJob.silent_log_error = GroupJob.log_error

    def log_error_with_message(group, msg=None, **more):
        if msg:
            logger.error(msg)
        group.silent_log_error(msg, **more)

    GroupJob.log_error = log_error_with_message
