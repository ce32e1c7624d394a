-- The Russian display name of a job. `bin/zakaz migrate` fills in the names from include/messages/jobs.json.
CREATE OR REPLACE FUNCTION zakaz_job_ru AS (job) -> transform(
    toString(job), splitByChar(',', {jobs:String}), splitByChar(',', {job_names:String}), toString(job)
)
