-- A light as a sign that needs no colours of its own to be drawn; what has no light is white.
CREATE OR REPLACE FUNCTION zakaz_light_emoji AS (light) -> transform(
    light, ['green', 'yellow', 'red'], ['🟢', '🟡', '🔴'], '⚪'
)
