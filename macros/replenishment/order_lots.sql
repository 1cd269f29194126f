{#- Documented in macros/replenishment/_replenishment__macros.yml -#}

{% macro order_lots(relation) -%}
    select
        *,
        {{ current_lot_units(
            'eoq_units',
            'max_lot_units',
            'current_demand_share',
            'pack_size_units',
            'min_order_units'
        ) }} + 0e0 as economic_lot_units
    from (
        -- A year's lot is too much out of season and after a decline. It is not raised
        -- in season: what lies behind the forecast may be as slow as the rest.
        select
            *,
            case
                when forecast_mean_units = 0 then 0e0
                when past_mean_units > 0
                    then least(
                        1e0, coalesce(forecast_mean_units / past_mean_units, 1e0)
                    )
                else 1e0
            end as current_demand_share
        from {{ relation }}
    ) as shared
{%- endmacro %}
