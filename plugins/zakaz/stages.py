"""The daily DAG and its tasks by name: the jobs of the run registry, and the stages that people can ask for."""

DAG_ID = "zakaz_etl"
STAGES = ("vk_fetch", "qtickets_fetch", "build_dm_vk", "build_dm_sales", "healthcheck")
ALL_STAGES = "all"
# Its good end means that a day is done.
LAST_STAGE = STAGES[-1]


def deciding_stage(stage: str) -> str:
    """The task whose good end means that a day is done, when one stage or all were asked for."""
    return LAST_STAGE if stage == ALL_STAGES else stage
