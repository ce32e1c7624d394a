-- The city rule: the first text that names a known city decides.
-- Empty if no text does; see zakaz_named_cities and zakaz_chosen_city.
CREATE OR REPLACE FUNCTION zakaz_city AS (texts, aliases, cities) -> zakaz_chosen_city(
    zakaz_named_cities(texts, aliases, cities)
)
