{#- Documented in macros/inventory/_inventory__macros.yml -#}

{% macro stock_status(
    available_units,
    daily_forecast_units,
    lead_time_days,
    next_receipt_days,
    safety_stock_units,
    cycle_stock_units,
    on_order_units='0',
    measure='word'
) -%}
    {%- set stock = (
        '(case when (' ~ available_units ~ ') > 0 then (' ~ available_units
        ~ ') else 0 end)'
    ) -%}
    {%- set until_help = (
        '(1e0 * (' ~ daily_forecast_units ~ ') * coalesce(' ~ next_receipt_days ~ ', '
        ~ lead_time_days ~ '))'
    ) -%}
    {%- set norm = '(' ~ safety_stock_units ~ ' + ' ~ cycle_stock_units ~ ')' -%}
    {%- set projected = (
        '(' ~ stock ~ ' + ' ~ on_order_units ~ ' - ' ~ until_help ~ ' - ' ~ norm ~ ')'
    ) -%}
    {%- set demand = '(' ~ daily_forecast_units ~ ')' -%}
    {#- Condition, word and units, by the first that holds; none is unknown. -#}
    {%- set rules = [
        ('(' ~ available_units ~ ') is null or ' ~ demand ~ ' is null', none, none),
        (demand ~ ' <= 0 and ' ~ stock ~ ' > 0', 'dead', stock),
        (demand ~ ' <= 0', 'no_demand', '0e0'),
        (
            until_help ~ ' is null or ' ~ norm ~ ' is null or (' ~ on_order_units
            ~ ') is null',
            none,
            none,
        ),
        (stock ~ ' <= 0', 'stocked_out', until_help),
        (
            stock ~ ' < ' ~ until_help,
            'potential_stock_out',
            '(' ~ until_help ~ ' - ' ~ stock ~ ')',
        ),
        (stock ~ ' > ' ~ norm, 'excess', '(' ~ stock ~ ' - ' ~ norm ~ ')'),
        (
            '(' ~ on_order_units ~ ') > 0 and ' ~ projected ~ ' > 0',
            'surplus_orders',
            projected,
        ),
        ('true', 'ok', '0e0'),
    ] -%}
    case
        {%- for condition, word, units in rules %}
        when {{ condition }}
            then {{
                'null' if not word
                else "'" ~ word ~ "'" if measure == 'word'
                else '1e0 * ' ~ units
            }}
        {%- endfor %}
    end
{%- endmacro %}
