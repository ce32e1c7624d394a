-- The stage whose good end means that a day is done; from plugins/zakaz/stages.py, as zakaz_stages.
CREATE OR REPLACE FUNCTION zakaz_last_stage AS () -> {last_stage:String}
