-- The name of a job as people read it. `bin/zakaz migrate` fills the names in from include/messages/jobs.json.
CREATE OR REPLACE FUNCTION zakaz_job_ru AS (job) -> transform(
    toString(job), splitByChar(',', {jobs:String}), splitByChar(',', {job_names:String}), toString(job)
)
