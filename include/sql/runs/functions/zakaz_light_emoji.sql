-- A traffic light as an emoji, which needs no styling; white if there is no light.
CREATE OR REPLACE FUNCTION zakaz_light_emoji AS (light) -> transform(
    light, ['green', 'yellow', 'red'], ['🟢', '🟡', '🔴'], '⚪'
)
