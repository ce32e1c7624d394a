-- The stage whose success means that a day is done; from plugins/zakaz/stages.py, like zakaz_stages.
CREATE OR REPLACE FUNCTION zakaz_last_stage AS () -> {last_stage:String}
