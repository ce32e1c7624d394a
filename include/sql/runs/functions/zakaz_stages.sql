-- The stages of the daily load, in order. `bin/zakaz migrate` fills them in from plugins/zakaz/stages.py.
CREATE OR REPLACE FUNCTION zakaz_stages AS () -> splitByChar(',', {stages:String})
