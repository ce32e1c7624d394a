-- The comments of meta.v_city_aliases and its columns.
ALTER TABLE meta.v_city_aliases
COMMENT COLUMN alias 'spelling, in lower case, with е for ё',
COMMENT COLUMN city 'canonical name of the city',
COMMENT COLUMN is_weak '1: counts only where no text of the ad names a city otherwise',
MODIFY COMMENT 'The spellings that the city rule knows for ads: the table, and the cities that have sales'
